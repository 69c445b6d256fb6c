import type { LiveNote } from '../../client/schema.generated.ts';

/** How many of each of the two are kept: what happened to engines, and everything else. */
const KEPT = 100;
const OF_ENGINES: ReadonlySet<LiveNote['kind']> = new Set<LiveNote['kind']>([
  'engine_down',
  'engine_up',
  'engine_action',
]);
/** One after the other, they are one note with their sum. */
const COUNTED: ReadonlySet<LiveNote['kind']> = new Set<LiveNote['kind']>([
  'dead_letters',
  'client_replaced',
  'stale_answers',
  'messages_lost',
]);

/**
 * The notes with one more, newest first. What repeats is one note with its number, and nothing drives out what
 * happened to engines.
 */
export function withNote(notes: readonly LiveNote[], note: LiveNote): readonly LiveNote[] {
  const [last, ...rest] = notes;
  if (last?.kind === note.kind && COUNTED.has(note.kind))
    return [{ ...note, count: (last.count ?? 0) + (note.count ?? 0) }, ...rest];
  const kept = { true: 0, false: 0 };
  return [note, ...notes].filter(({ kind }) => ++kept[`${OF_ENGINES.has(kind)}`] <= KEPT);
}
