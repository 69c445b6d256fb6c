import type { Generator, LoadProfile } from '../../../client/schema.generated.ts';
import { namesOf } from '../../components/names.ts';
import type { Language } from '../../i18n/format.ts';
import { type Limits, numberText, type Refusal, readNumber } from '../../i18n/number-text.ts';

type Stage = Extract<LoadProfile, { kind: 'stages' }>['stages'][number];

/** What the API takes; a time in seconds, and faults in per cent. */
const LIMITS = {
  seconds: { least: 0, most: 86_400 },
  rate: { least: 0, most: 1_000_000 },
  faults: { least: 0, most: 100, optional: true },
} as const satisfies Record<string, Limits>;

type StageField = keyof typeof LIMITS;

/** A stage as typed; without `faults` its orders have those of the load. */
export type StageDraft = Readonly<Record<StageField, string>>;

export const STAGE_FIELDS = namesOf<StageField>(LIMITS);
export const MOST_STAGES = 50;

/** The stages of a profile as the form shows them; of one that has none, a rise and a fall to begin with. */
export function stageDraftsOf(
  { profile, rate }: Pick<Generator, 'profile' | 'rate'>,
  language: Language,
): StageDraft[] {
  const text = (value: number) => numberText(value, language);
  const stages: readonly Stage[] =
    profile.kind === 'stages'
      ? profile.stages
      : [rate, rate * 10, rate * 10, rate].map((to_rate) => ({ to_rate, over_ms: 30_000 }));
  return stages.map(({ to_rate, over_ms, faults }) => ({
    seconds: text(over_ms / 1000),
    rate: text(to_rate),
    faults: faults === undefined ? '' : text(faults),
  }));
}

/** What the fields of stages mean, and what is wrong with them. */
export interface ReadStages {
  readonly stages: Stage[];
  readonly refusals: readonly Readonly<Partial<Record<StageField, Refusal>>>[];
}

export function readStages(drafts: readonly StageDraft[], language: Language): ReadStages {
  const refusals: Partial<Record<StageField, Refusal>>[] = [];
  const stages = drafts.map((draft) => {
    const refused: Partial<Record<StageField, Refusal>> = {};
    const number = (name: StageField): number | undefined => {
      const read = readNumber(draft[name], LIMITS[name], language);
      if (typeof read !== 'object') return read;
      refused[name] = read;
      return undefined;
    };
    const [seconds = 0, rate = 0, faults] = STAGE_FIELDS.map(number);
    refusals.push(refused);
    return { over_ms: Math.round(seconds * 1000), to_rate: rate, ...(faults !== undefined && { faults }) };
  });
  return { stages, refusals };
}

/** In an address: `60:50:;120:2000:1`, seconds, rate and faults of each. */
export function textOfStages(drafts: readonly StageDraft[]): string {
  return drafts.map((draft) => STAGE_FIELDS.map((name) => draft[name].trim()).join(':')).join(';');
}

/** The opposite; too many are left out. */
export function stagesOfText(text: string): StageDraft[] {
  const parts = text.split(';').slice(0, MOST_STAGES);
  return parts.map((part) => {
    const [seconds = '', rate = '', faults = ''] = part.split(':');
    return { seconds, rate, faults };
  });
}

/** A place of a load's curve. */
interface RatePoint {
  readonly ms: number;
  readonly rate: number;
}

/** The rate over time: where it bends, and how many orders it makes. */
export function curveOf(stages: readonly Stage[], rate: number): { points: RatePoint[]; ms: number; orders: number } {
  let [ms, orders, from] = [0, 0, rate];
  const points: RatePoint[] = [{ ms, rate }];
  for (const { to_rate, over_ms } of stages) {
    ms += over_ms;
    orders += ((from + to_rate) / 2) * (over_ms / 1000);
    from = to_rate;
    points.push({ ms, rate: to_rate });
  }
  return { points, ms, orders };
}

/** The number of the stage that is under way then, from 1; undefined after the last. */
export function stageAt(stages: readonly Stage[], ms: number): number | undefined {
  let endMs = 0;
  const at = stages.findIndex(({ over_ms }) => {
    endMs += over_ms;
    return ms < endMs;
  });
  return at === -1 ? undefined : at + 1;
}
