import type { LiveNote } from '../../../../client/schema.generated.ts';
import type { ChartValues } from '../../../components/chart-scale.ts';

/** The last minutes of the pipe, second by second. */
export interface StoredPoints {
  /** Unix seconds. */
  readonly at: readonly number[];
  /** Messages stored per second, and messages behind; null where it is not known. */
  readonly stored: ChartValues;
  readonly lag: ChartValues;
}

/** What became of storing after an engine was taken away. */
export interface Recovery {
  readonly note: LiveNote;
  /**
   * unaffected: it went on. stalled: it stands still while the engine is away. recovering: the engine is back, and
   * nothing is stored yet. recovered: it is.
   */
  readonly state: 'unaffected' | 'stalled' | 'recovering' | 'recovered';
  /** How long it has stood still, or how long after the engine's return it went on. */
  readonly ms: number;
}

/** One after the other, without a message that waits, a second may store nothing. */
const LEAST_STALL_POINTS = 2;

/** What became of storing each time that an engine was stopped, killed, restarted or paused; the last one first. */
export function recoveriesOf(notes: readonly LiveNote[], points: StoredPoints): Recovery[] {
  const known = points.at[0] ?? Number.POSITIVE_INFINITY;
  const outages = notes.filter((note) => takesAway(note) && secondsOf(note) >= known);
  return outages.map((note) => {
    const from = secondsOf(note);
    const next = outages.map(secondsOf).filter((at) => at > from);
    const until = Math.min(...next);
    const back = notes
      .filter((one) => one.engine === note.engine && brings(one))
      .map(secondsOf)
      .filter((at) => at > from && at <= until)
      .sort((a, b) => a - b)[0];
    const within = [...points.at.keys()].filter((place) => {
      const at = points.at[place] ?? 0;
      return at > from && at <= until;
    });
    const storedAt = (place: number) => points.stored[place] ?? 0;
    const idle = within.filter((place) => storedAt(place) === 0 && (points.lag[place] ?? 1) > 0);
    const last = points.at[within.at(-1) ?? -1] ?? from;
    const stalledAt = points.at[idle[0] ?? -1];
    if (stalledAt === undefined || idle.length < LEAST_STALL_POINTS) return { note, state: 'unaffected', ms: 0 };
    if (back === undefined) return { note, state: 'stalled', ms: (last - stalledAt) * 1000 };
    const again = points.at[within.find((place) => (points.at[place] ?? 0) > back && storedAt(place) > 0) ?? -1];
    return again === undefined
      ? { note, state: 'recovering', ms: Math.max(0, last - back) * 1000 }
      : { note, state: 'recovered', ms: (again - back) * 1000 };
  });
}

function takesAway({ kind, action }: LiveNote): boolean {
  return kind === 'engine_action' && action !== undefined && action !== 'start' && action !== 'resume';
}

function brings({ kind, action }: LiveNote): boolean {
  return kind === 'engine_up' || (kind === 'engine_action' && (action === 'start' || action === 'resume'));
}

function secondsOf({ at }: LiveNote): number {
  return Date.parse(at) / 1000;
}
