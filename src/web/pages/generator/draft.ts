import type { Generator, GeneratorChange, LoadProfile } from '../../../client/schema.generated.ts';
import { EMPTY, fieldsOfQuery, queryOfFields } from '../../components/field-query.ts';
import { namesOf } from '../../components/names.ts';
import type { TypedQuery } from '../../components/typed.ts';
import type { Language } from '../../i18n/format.ts';
import { type Limits, numberText, type Refusal, readNumber } from '../../i18n/number-text.ts';
import { type ReadStages, readStages, type StageDraft, stageDraftsOf, stagesOfText, textOfStages } from './stages.ts';

/** A field for a number, by its name in the address; that of a fault is the fault's. */
export type LoadField = keyof typeof LIMITS;

/** The form, as typed. */
export type LoadDraft = Readonly<Record<LoadField, string>> & {
  readonly profile: LoadProfile['kind'];
  readonly life: 'on' | 'off';
  readonly stages: readonly StageDraft[];
  /** Per cent by fault. */
  readonly faults: Readonly<Record<string, string>>;
};

const RATE = { least: 0.1, most: 1_000_000 } as const;
const MS = { least: 1, most: 86_400_000, whole: true } as const;

/** What the API takes. */
const LIMITS = {
  rate: RATE,
  count: { least: 1, most: 1_000_000_000_000, whole: true, optional: true },
  seed: { least: 0, most: 4_294_967_295, whole: true, optional: true },
  burst_rate: RATE,
  for_ms: MS,
  every_ms: MS,
  to_rate: RATE,
  over_ms: MS,
  time_scale: { least: 0.1, most: 1_000_000_000 },
} satisfies Record<string, Limits>;

const PERCENT: Limits = { least: 0, most: 100, optional: true };

/** The fields that each profile has. */
export const PROFILE_FIELDS = {
  steady: [],
  burst: ['burst_rate', 'for_ms', 'every_ms'],
  ramp: ['to_rate', 'over_ms'],
  stages: [],
} as const satisfies Record<LoadProfile['kind'], readonly LoadField[]>;

export const PROFILES = namesOf(PROFILE_FIELDS);

/** The generator's settings as the form shows them. */
export function draftOf(generator: Generator, language: Language): LoadDraft {
  const { rate, count, seed, profile, faults, life, time_scale } = generator;
  const text = (value: number) => numberText(value, language);
  return {
    rate: text(rate),
    count: count === null ? '' : text(count),
    seed: text(seed),
    profile: profile.kind,
    burst_rate: text(profile.kind === 'burst' ? profile.burst_rate : rate * 10),
    for_ms: text(profile.kind === 'burst' ? profile.for_ms : 1_000),
    every_ms: text(profile.kind === 'burst' ? profile.every_ms : 10_000),
    to_rate: text(profile.kind === 'ramp' ? profile.to_rate : rate * 10),
    over_ms: text(profile.kind === 'ramp' ? profile.over_ms : 60_000),
    life: life ? 'on' : 'off',
    stages: stageDraftsOf(generator, language),
    time_scale: text(time_scale),
    faults: Object.fromEntries(Object.entries(faults).map(([name, percent]) => [name, text(percent)])),
  };
}

/** What the form means, and what is wrong with it. */
export interface ReadDraft {
  /** What the fields that are refused hold is left out. */
  readonly change: GeneratorChange;
  readonly refusals: Readonly<Partial<Record<LoadField, Refusal>>>;
  /** The time between two bursts is no longer than one of them. */
  readonly overlaps: boolean;
  readonly stages: ReadStages;
  readonly faultRefusals: Readonly<Record<string, Refusal>>;
  /** All faults together, per cent. */
  readonly faultTotal: number;
  /** It can be sent. */
  readonly isValid: boolean;
}

/** Reads the form. The seed is sent only if it differs from `seed`, because sending one restarts the sequence. */
export function readDraft(draft: LoadDraft, seed: number, language: Language): ReadDraft {
  const refusals: Partial<Record<LoadField, Refusal>> = {};
  const faultRefusals: Record<string, Refusal> = {};
  const numberOf = (name: LoadField): number | undefined => {
    const read = readNumber(draft[name], LIMITS[name], language);
    if (typeof read === 'object') refusals[name] = read;
    return typeof read === 'object' ? undefined : read;
  };
  const faults: Record<string, number> = {};
  for (const [name, text] of Object.entries(draft.faults)) {
    const read = readNumber(text, PERCENT, language);
    if (typeof read === 'object') faultRefusals[name] = read;
    else if (read !== undefined && read > 0) faults[name] = read;
  }
  const rate = numberOf('rate');
  const wantedSeed = numberOf('seed') ?? (refusals.seed === undefined ? 'auto' : seed);
  const stages = readStages(draft.profile === 'stages' ? draft.stages : [], language);
  const profile = profileOf(draft.profile, numberOf, stages);
  const overlaps = profile.kind === 'burst' && profile.every_ms <= profile.for_ms;
  const count = numberOf('count') ?? null;
  const timeScale = draft.life === 'on' ? numberOf('time_scale') : undefined;
  const faultTotal = Object.values(faults).reduce((sum, percent) => sum + percent, 0);
  return {
    change: {
      ...(rate !== undefined && { rate }),
      profile,
      count,
      faults,
      life: draft.life === 'on',
      ...(timeScale !== undefined && { time_scale: timeScale }),
      ...(wantedSeed !== seed && { seed: wantedSeed }),
    },
    refusals,
    overlaps,
    stages,
    faultRefusals,
    faultTotal,
    isValid:
      !overlaps &&
      Object.keys(refusals).length === 0 &&
      Object.keys(faultRefusals).length === 0 &&
      stages.refusals.every((refused) => Object.keys(refused).length === 0) &&
      faultTotal <= 100 + 1e-7,
  };
}

function profileOf(
  kind: LoadProfile['kind'],
  numberOf: (name: LoadField) => number | undefined,
  { stages }: ReadStages,
): LoadProfile {
  const number = (name: LoadField) => numberOf(name) ?? Number.NaN;
  switch (kind) {
    case 'steady':
      return { kind };
    case 'burst':
      return { kind, burst_rate: number('burst_rate'), for_ms: number('for_ms'), every_ms: number('every_ms') };
    case 'ramp':
      return { kind, to_rate: number('to_rate'), over_ms: number('over_ms') };
    case 'stages':
      return { kind, stages };
  }
}

/** What was typed into the form: the rest is as the generator has it. */
export type TypedLoad = Partial<LoadDraft>;

/** As a query: `rate=20&count=none&profile=stages&stages=60:50:&faults=malformed:1;nul:0.5`. */
export function queryOfLoad({ faults, stages, ...fields }: TypedLoad): URLSearchParams {
  const query = queryOfFields(fields);
  if (stages !== undefined) query.set('stages', textOfStages(stages));
  if (faults !== undefined) {
    const given = Object.entries(faults).filter(([, percent]) => percent.trim() !== '');
    query.set('faults', given.map(([name, percent]) => `${name}:${percent}`).join(';') || EMPTY);
  }
  return query;
}

/** The opposite; other parameters are left out. */
export function loadOfQuery(query: URLSearchParams): TypedLoad {
  const profile = PROFILES.find((one) => one === query.get('profile'));
  const stages = query.get('stages');
  const life = query.get('life');
  const faults = query.get('faults');
  return {
    ...fieldsOfQuery(query, FIELD_NAMES),
    ...(profile !== undefined && { profile }),
    ...(stages !== null && { stages: stagesOfText(stages) }),
    ...((life === 'on' || life === 'off') && { life }),
    ...(faults !== null && { faults: faultsOf(faults) }),
  };
}

function faultsOf(text: string): Record<string, string> {
  const parts = text.split(';').map((part) => part.split(':'));
  return Object.fromEntries(parts.flatMap(([name = '', percent]) => (percent === undefined ? [] : [[name, percent]])));
}

/** The fields for numbers, by their names in the address. */
const FIELD_NAMES = namesOf<LoadField>(LIMITS);

/** The form in the address. */
export const LOAD_QUERY: TypedQuery<TypedLoad> = {
  names: [...FIELD_NAMES, 'profile', 'life', 'stages', 'faults'],
  toQuery: queryOfLoad,
  ofQuery: loadOfQuery,
};

const DECADES = 6;

/** 0.1 to 100,000 a second on a slider of 0 to 100. */
export function rateOfSlider(position: number): number {
  const rate = 10 ** ((position / 100) * DECADES - 1);
  return Number(rate.toPrecision(2));
}

/** The opposite; rates out of range are at its ends. */
export function sliderOfRate(rate: number): number {
  if (!(rate > 0.1)) return 0;
  return Math.min(100, ((Math.log10(rate) + 1) / DECADES) * 100);
}

const STEPS = [1, 2, 5];

/** The next rate of 1, 2, 5, 10, 20 … orders a second, within what the API takes. */
export function nextRate(rate: number, faster: boolean): number {
  const power = 10 ** Math.floor(Math.log10(rate) + 1e-9);
  const around = [power / 10, power, power * 10].flatMap((one) => STEPS.map((step) => step * one));
  const next = faster ? around.find((one) => one > rate * 1.001) : around.findLast((one) => one < rate * 0.999);
  return Math.min(100_000, Math.max(0.1, Number((next ?? rate).toPrecision(1))));
}
