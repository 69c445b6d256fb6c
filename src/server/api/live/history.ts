import Type from 'typebox';
import { strict } from '../schemas.ts';
import { LiveNoteSchema } from './notes.ts';
import { type LiveSampleJson, LiveSampleSchema, meanSample } from './sample.ts';

/** The first event of a stream. */
export const LiveHistorySchema = Type.Object(
  {
    samples: Type.Array(LiveSampleSchema, {
      description:
        'Oldest first. The last five minutes second by second; before that, up to an hour, one sample for ten seconds: rates are their means, lag, latencies and delays the worst, and partitions at most the 16 furthest behind',
    }),
    notes: Type.Array(LiveNoteSchema),
  },
  { ...strict, $id: 'LiveHistory' },
);

export interface HistoryLimits {
  /** Samples kept as they were taken. */
  readonly recent: number;
  /** So many older samples become one. */
  readonly together: number;
  /** Combined samples kept. */
  readonly older: number;
}

/** Five minutes second by second, and the rest of an hour in steps of ten seconds. */
const AN_HOUR: HistoryLimits = { recent: 300, together: 10, older: 330 };

/** The samples of the last hour: newer ones as they were taken, older ones combined, so that the whole stays small. */
export class LiveHistory {
  readonly #limits: HistoryLimits;
  readonly #recent: LiveSampleJson[] = [];
  readonly #leaving: LiveSampleJson[] = [];
  readonly #older: LiveSampleJson[] = [];

  constructor(limits: HistoryLimits = AN_HOUR) {
    this.#limits = limits;
  }

  /** Oldest first. */
  get samples(): LiveSampleJson[] {
    return [...this.#older, ...this.#leaving, ...this.#recent];
  }

  get latest(): LiveSampleJson | undefined {
    return this.#recent.at(-1);
  }

  add(sample: LiveSampleJson): void {
    const { recent, together, older } = this.#limits;
    this.#recent.push(sample);
    if (this.#recent.length <= recent) return;
    this.#leaving.push(...this.#recent.splice(0, 1));
    if (this.#leaving.length < together) return;
    const one = meanSample(this.#leaving.splice(0));
    if (one !== undefined) this.#older.push(one);
    if (this.#older.length > older) this.#older.shift();
  }
}
