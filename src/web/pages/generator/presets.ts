import type { GeneratorChange } from '../../../client/schema.generated.ts';
import { namesOf } from '../../components/names.ts';
import type { TypedLoad } from './draft.ts';
import { stagesOfText } from './stages.ts';

/** A fault the console has words for. */
export type KnownFault = keyof NonNullable<GeneratorChange['faults']>;

const groups = {
  text: ['malformed', 'invalid_utf8', 'nul', 'surrogate'],
  fields: ['unknown_field', 'type_mismatch', 'integer_range', 'sums_mismatch', 'invalid_date', 'future_date'],
  message: ['oversize', 'tombstone'],
  order: ['duplicate', 'changed', 'out_of_order'],
} as const satisfies Record<string, readonly KnownFault[]>;

export type FaultGroup = keyof typeof groups;

/** The faults by what is wrong; those of `order` are good orders all the same. */
export const FAULT_GROUPS: Readonly<Record<FaultGroup, readonly KnownFault[]>> = groups;
export const FAULT_GROUP_NAMES = namesOf(FAULT_GROUPS);

const everyFault = (percent: string) =>
  Object.fromEntries(FAULT_GROUP_NAMES.flatMap((group) => FAULT_GROUPS[group].map((name) => [name, percent])));

const POISON = { malformed: '2', invalid_utf8: '1', nul: '1', surrogate: '1', oversize: '0.1', tombstone: '1' };

const presets = {
  calm: { rate: '20', count: '', profile: 'steady', faults: {} },
  onePercent: { profile: 'steady', faults: everyFault('1') },
  blackFriday: {
    rate: '20',
    count: '',
    profile: 'stages',
    stages: stagesOfText('30:100:;30:2000:1;120:2000:1;30:200:1;90:20:'),
    faults: { malformed: '0.2', duplicate: '2', changed: '3', out_of_order: '1' },
  },
  day: {
    rate: '5',
    count: '',
    profile: 'stages',
    stages: stagesOfText('60:5:;120:80:;120:80:;60:300:;60:300:;120:40:;60:5:'),
    faults: {},
  },
  waves: {
    rate: '50',
    count: '',
    profile: 'stages',
    stages: stagesOfText('30:50:0;20:50:10;40:50:0;20:50:25;40:50:0;20:50:50;30:50:0'),
    faults: POISON,
  },
  poison: {
    profile: 'steady',
    faults: POISON,
  },
} as const satisfies Record<string, TypedLoad>;

export type PresetName = keyof typeof presets;

/** Loads to begin with. */
export const PRESETS: Readonly<Record<PresetName, TypedLoad>> = presets;
export const PRESET_NAMES = namesOf(PRESETS);

/** A load kept in this browser under a name; `query` as `queryOfLoad` makes it. */
export interface SavedLoad {
  readonly name: string;
  readonly query: string;
}

/** The loads in a text that `JSON.stringify` has made of them; none of any other. */
export function savedLoads(text: string): readonly SavedLoad[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isSavedLoad) : [];
  } catch {
    return [];
  }
}

function isSavedLoad(one: unknown): one is SavedLoad {
  if (typeof one !== 'object' || one === null || !('name' in one) || !('query' in one)) return false;
  return typeof one.name === 'string' && typeof one.query === 'string';
}
