import { clamp, decodeCursor, encodeCursor } from '../kafka/log-cursor.ts';
import type { LogRange } from '../kafka/order-log.ts';
import { AppError } from '../lib/app-error.ts';
import { type LetterFilter, matches } from './filter.ts';
import { formatPosition, type Position } from './letter.ts';
import { type LetterJson, type LetterSummary, letterJson, letterSummary } from './letter-json.ts';
import { type NewestPage, readNewest } from './newest-first.ts';
import type { ReadableTopic } from './ports.ts';
import { type Recovered, Redrive, type RedriveDependencies } from './redrive.ts';
import type { RedriveRules } from './redrive-plan.ts';
import { readLetter } from './scan.ts';
import { type Selection, select } from './selection.ts';

export interface DeadLettersOptions extends RedriveDependencies {
  readonly deadLetterTopic: string;
  /** The topic letters are sent back to. */
  readonly topic: string;
  /** Time one call looks and sends before it answers with what it has. */
  readonly budgetMs: number;
  /** Calls at once. */
  readonly maxCalls?: number;
}

export interface LetterPage {
  /** Newest first. */
  readonly letters: readonly LetterSummary[];
  /** The time was up before the page was full or the log at its end. */
  readonly cut: boolean;
  /** Where the next page starts; null after the last. */
  readonly cursor: string | null;
}

export interface LetterCounts {
  readonly total: number;
  readonly by_reason: Readonly<Record<string, number>>;
  readonly redriven: number;
  /** The time was up: older letters are not counted. */
  readonly cut: boolean;
}

export interface RedriveRequest {
  readonly selection: Selection;
  readonly dryRun: boolean;
  readonly maxReplays: number;
  readonly again: boolean;
  readonly cursor: string | undefined;
}

export interface RedriveAnswer {
  readonly dry_run: boolean;
  /** Letters by what became of them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly outcomes: readonly {
    readonly position: string;
    readonly outcome: string;
    readonly detail: string;
  }[];
  /** Positions where there is no letter. */
  readonly missing: readonly string[];
  /** Letters of an interrupted run, by what was found out about them. */
  readonly recovered: Recovered;
  /** The time was up: the same request with this cursor goes on. */
  readonly cut: boolean;
  readonly cursor: string | null;
}

const MAX_OUTCOMES = 1_000;
const COUNT_PAGE = 2_000;

/** Dead letters for callers who want an answer soon: every call is bounded in time and size, and says when it was cut short. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  #calls = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** Undefined when the cursor is none, or of another topic. @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`. */
  list(filter: LetterFilter, limit: number, cursor: string | undefined): Promise<LetterPage | undefined> {
    return this.#reading(async (topic) => {
      const ranges = await rangesOf(topic, cursor);
      if (ranges === undefined) return undefined;
      const page = await readNewest(topic, ranges, {
        limit,
        deadline: performance.now() + this.#options.budgetMs,
        wanted: (letter) => matches(filter, letter),
        keep: (letter) => ({ id: letter.id, summary: letterSummary(letter, undefined) }),
      });
      const known = await this.#options.journal.find(page.letters.map(({ id }) => id));
      const letters = page.letters.map(({ id, summary }) => {
        const at = known.get(id)?.at;
        return at === undefined ? summary : { ...summary, redriven_at: new Date(at).toISOString() };
      });
      return {
        letters,
        cut: page.cut,
        cursor: encodeCursor({ topicId: topic.topicId, ranges: page.rest }) ?? null,
      };
    });
  }

  /** The letter at the position, or undefined. @throws as `list`. */
  find(position: Position): Promise<LetterJson | undefined> {
    return this.#reading(async (topic) => {
      const letter = await readLetter(topic, await topic.ranges(), position);
      if (letter === undefined) return undefined;
      return letterJson(letter, (await this.#options.journal.find([letter.id])).get(letter.id));
    });
  }

  /** How many there are, by reason. @throws as `list`. */
  counts(filter: LetterFilter): Promise<LetterCounts> {
    return this.#reading(async (topic) => {
      const deadline = performance.now() + this.#options.budgetMs;
      const counts = new Map<string, number>();
      let [total, redriven, cut] = [0, 0, false];
      let ranges: Map<number, LogRange> | undefined = await topic.ranges();
      while (ranges !== undefined && !cut) {
        const page: NewestPage<{ id: string; reason: string }> = await readNewest(topic, ranges, {
          limit: COUNT_PAGE,
          deadline,
          wanted: (letter) => matches(filter, letter),
          keep: ({ id, reason }) => ({ id, reason }),
        });
        for (const { reason } of page.letters) counts.set(reason, (counts.get(reason) ?? 0) + 1);
        total += page.letters.length;
        redriven += (await this.#options.journal.find(page.letters.map(({ id }) => id))).size;
        cut = page.cut;
        ranges = page.letters.length < COUNT_PAGE ? undefined : page.rest;
      }
      return { total, by_reason: Object.fromEntries([...counts].sort()), redriven, cut };
    });
  }

  /** Undefined when the cursor is none. @throws as `list`; `busy` also while another process redrives. */
  redrive(request: RedriveRequest): Promise<RedriveAnswer | undefined> {
    const { selection, dryRun, maxReplays, again } = request;
    const rules: RedriveRules = {
      targetTopic: this.#options.topic,
      maxReplays,
      again,
      foreign: false,
      edit: undefined,
    };
    return this.#reading(async (topic) => {
      const left = await rangesOf(topic, request.cursor);
      if (left === undefined) return undefined;
      const deadline = performance.now() + this.#options.budgetMs;
      const { redrive, recovered } = await Redrive.start(this.#options, { rules, dryRun });
      const counts: Record<string, number> = {};
      const outcomes: { position: string; outcome: string; detail: string }[] = [];
      const missing: string[] = [];
      let cut = false;
      try {
        for await (const selected of select(topic, selection, left)) {
          missing.push(...selected.missing);
          for (const { letter, outcome, detail } of await redrive.run(selected.letters)) {
            counts[outcome] = (counts[outcome] ?? 0) + 1;
            outcomes.push({ position: formatPosition(letter), outcome, detail });
          }
          // What is asked for by position is bounded as it is.
          if ('positions' in selection) continue;
          cut = performance.now() > deadline || outcomes.length >= MAX_OUTCOMES;
          if (cut) break;
        }
      } finally {
        await redrive.close();
      }
      const cursor = encodeCursor({ topicId: topic.topicId, ranges: left }) ?? null;
      return { dry_run: dryRun, counts, outcomes, missing, recovered, cut: cut && cursor !== null, cursor };
    });
  }

  async #reading<T>(work: (topic: ReadableTopic) => Promise<T>): Promise<T> {
    const { openTopic, deadLetterTopic, maxCalls = 4 } = this.#options;
    if (this.#calls >= maxCalls) throw new AppError('busy', 'too many requests for dead letters at once');
    this.#calls += 1;
    try {
      const topic = await openTopic(deadLetterTopic);
      try {
        return await work(topic);
      } finally {
        await topic.close();
      }
    } finally {
      this.#calls -= 1;
    }
  }
}

/** All of the topic, or what a cursor left of it; undefined when the cursor is none. */
async function rangesOf(
  topic: ReadableTopic,
  cursor: string | undefined,
): Promise<Map<number, LogRange> | undefined> {
  const now = await topic.ranges();
  if (cursor === undefined) return now;
  const decoded = decodeCursor(cursor);
  if (decoded === undefined || decoded.topicId !== topic.topicId) return undefined;
  return clamp(decoded.ranges, now);
}
