import type {
  LetterCounts,
  LetterFilter,
  LetterPage,
  Position,
  Timeline,
  TimelineRequest,
} from '../contract/letter.ts';
import type {
  BoundedRedriveAnswer,
  KnownLetter,
  RedrivenFate,
  RedriveProgress,
  RedriveRequest,
} from '../contract/redrive.ts';
import { clamp, decodeCursor, encodeCursor } from '../kafka/read/log-page.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import { AppError } from '../lib/app-error.ts';
import { pause } from '../lib/backoff.ts';
import { checkOrder } from '../order/check.ts';
import type { DecodeOptions } from '../order/decode.ts';
import { redrivenFate } from './fate.ts';
import { summaryOf } from './letter.ts';
import {
  matches,
  type NewestPage,
  type ReadableTopic,
  readLetter,
  readNewest,
  select,
  totalOf,
  withTopic,
} from './reading.ts';
import { Redrive, type RedriveDependencies } from './redrive.ts';
import { type RedriveRules, rulesOf } from './redrive-plan.ts';
import { RedriveReport } from './redrive-report.ts';
import { readTimeline } from './timeline.ts';

export interface DeadLettersOptions extends RedriveDependencies {
  readonly deadLetterTopic: string;
  /** The topic letters are sent back to. */
  readonly topic: string;
  /** Next offset the consumer will store from, by partition of the orders' topic. */
  readonly progress: () => Promise<ReadonlyMap<number, number>>;
  /** How the consumer judges a message. */
  readonly decoding: DecodeOptions;
  /** Time one call looks and sends before it answers with what it has. */
  readonly budgetMs: number;
  /** Calls at once. */
  readonly maxCalls?: number;
}

const MAX_OUTCOMES = 1_000;
const ENDING_MS = 2_000;
const ENDING_POLL_MS = 100;
const COUNT_PAGE = 2_000;

/** Dead letters for callers in a hurry: every call is bounded in time and size, and says when it was cut short. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #check = (value: Buffer | null) => checkOrder(value, this.#options.decoding);
  #calls = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /**
   * Undefined for a cursor that is invalid or belongs to another topic.
   * @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`
   */
  list(filter: LetterFilter, limit: number, cursor: string | undefined): Promise<LetterPage | undefined> {
    return this.#reading(async (topic) => {
      const ranges = await rangesOf(topic, cursor);
      if (ranges === undefined) return undefined;
      const page = await readNewest(topic, ranges, {
        limit,
        deadline: performance.now() + this.#options.budgetMs,
        wanted: (letter) => matches(filter, letter),
        keep: (letter) => ({ id: letter.id, summary: summaryOf(letter) }),
        bytes: ({ key, detail }) => (key?.length ?? 0) + detail.length,
      });
      const known = await this.#options.journal.find(page.letters.map(({ id }) => id));
      return {
        letters: page.letters.map(({ id, summary }) => ({ ...summary, redrivenAt: known.get(id)?.at })),
        cut: page.cut,
        next: encodeCursor({ topicId: topic.topicId, ranges: page.rest }),
      };
    });
  }

  /** The letter at the position, and how often it was redriven, if it was; or undefined. @throws as `list`. */
  find(position: Position): Promise<KnownLetter | undefined> {
    return this.#reading(async (topic) => {
      const letter = await readLetter(topic, await topic.ranges(), position);
      if (letter === undefined) return undefined;
      return { letter, redriven: (await this.#options.journal.find([letter.id])).get(letter.id) };
    });
  }

  /**
   * All letters up to where the partitions end now, without a bound in time: the caller bounds how many do this at once.
   * @throws as `list`, but never `busy`
   */
  async *export(filter: LetterFilter): AsyncGenerator<readonly KnownLetter[]> {
    const topic = await this.#options.openTopic(this.#options.deadLetterTopic);
    try {
      for await (const { letters } of select(topic, { filter }, await topic.ranges())) {
        const known = await this.#options.journal.find(letters.map(({ id }) => id));
        if (letters.length > 0) yield letters.map((letter) => ({ letter, redriven: known.get(letter.id) }));
      }
    } finally {
      await topic.close();
    }
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
      return { total, byReason: Object.fromEntries([...counts].sort()), redriven, cut };
    });
  }

  /** When and why letters were rejected. @throws as `list`. */
  timeline(request: TimelineRequest): Promise<Timeline> {
    return this.#reading((topic) => readTimeline(topic, request, performance.now() + this.#options.budgetMs));
  }

  /** What became of a message of the orders' topic; undefined when the position has no message. @throws as `list`. */
  async fate(position: Position): Promise<RedrivenFate | undefined> {
    this.#enter();
    try {
      return await redrivenFate(position, { ...this.#options, deadline: performance.now() + this.#options.budgetMs });
    } finally {
      this.#calls -= 1;
    }
  }

  /**
   * Undefined for an invalid cursor.
   * @throws as `list`; `busy` also while another process redrives; `usage` for an invalid edit
   */
  redrive(request: RedriveRequest): Promise<BoundedRedriveAnswer | undefined> {
    const rules = rulesOf(request, this.#options.topic);
    return this.#reading(async (topic) => {
      const left = await rangesOf(topic, request.cursor);
      if (left === undefined) return undefined;
      const deadline = performance.now() + this.#options.budgetMs;
      const { selection, dryRun } = request;
      const { redrive, recovered } = await Redrive.start(this.#options, { rules, dryRun, check: this.#check });
      const report = new RedriveReport(request, true);
      let cut = false;
      try {
        for await (const selected of select(topic, selection, left)) {
          report.add(await redrive.run(selected.letters), selected.missing);
          // What is asked for by position is bounded as it is.
          if ('positions' in selection) continue;
          cut = performance.now() > deadline || report.length >= MAX_OUTCOMES;
          if (cut) break;
        }
      } finally {
        await redrive.close();
      }
      const next = encodeCursor({ topicId: topic.topicId, ranges: left });
      return { ...report.answer(recovered), cut: cut && next !== undefined, next };
    });
  }

  /**
   * The same without a bound, a step at a time: the first at once, one after every part, and the last with the answer.
   * Ended early, what was sent is sent; what comes back meanwhile is not sent again. For an invalid cursor the only
   * step is undefined. @throws as `redrive`; for an invalid edit at once
   */
  redriveAll(request: RedriveRequest): AsyncGenerator<RedriveProgress | undefined> {
    return this.#redriveAll(request, rulesOf(request, this.#options.topic));
  }

  async *#redriveAll(request: RedriveRequest, rules: RedriveRules): AsyncGenerator<RedriveProgress | undefined> {
    const { selection, dryRun } = request;
    this.#enter();
    try {
      const topic = await this.#options.openTopic(this.#options.deadLetterTopic);
      try {
        const left = await rangesOf(topic, request.cursor);
        if (left === undefined) {
          yield undefined;
          return;
        }
        const total = totalOf(selection, left);
        const report = new RedriveReport(request, false);
        const { redrive, recovered } = await startSoon(this.#options, { rules, dryRun, check: this.#check });
        let passed = 0;
        try {
          yield { passed, total, counts: {} };
          for await (const selected of select(topic, selection, left)) {
            report.add(await redrive.run(selected.letters), selected.missing);
            passed += selected.passed;
            yield { passed, total, counts: report.counts };
          }
        } finally {
          await redrive.close();
        }
        // Whoever has the answer may begin another one at once.
        yield { passed, total, counts: report.counts, answer: report.answer(recovered) };
      } finally {
        await topic.close();
      }
    } finally {
      this.#calls -= 1;
    }
  }

  #enter(): void {
    const { maxCalls = 4 } = this.#options;
    if (this.#calls >= maxCalls) throw new AppError('busy', 'too many requests for dead letters at once');
    this.#calls += 1;
  }

  async #reading<T>(work: (topic: ReadableTopic) => Promise<T>): Promise<T> {
    const { openTopic, deadLetterTopic } = this.#options;
    this.#enter();
    try {
      return await withTopic(openTopic, deadLetterTopic, work);
    } finally {
      this.#calls -= 1;
    }
  }
}

/** All of the topic, or what a cursor left of it; undefined for an invalid cursor. */
async function rangesOf(topic: ReadableTopic, cursor: string | undefined): Promise<Map<number, LogRange> | undefined> {
  const now = await topic.ranges();
  if (cursor === undefined) return now;
  const decoded = decodeCursor(cursor);
  if (decoded === undefined || decoded.topicId !== topic.topicId) return undefined;
  return clamp(decoded.ranges, now);
}

/** As `Redrive.start`, but waits a little for a run that is just ending, as one does that was stopped. */
async function startSoon(...settings: Parameters<typeof Redrive.start>): ReturnType<typeof Redrive.start> {
  const deadline = performance.now() + ENDING_MS;
  for (;;) {
    try {
      return await Redrive.start(...settings);
    } catch (error) {
      const isBusy = error instanceof AppError && error.code === 'busy';
      if (!isBusy || performance.now() > deadline) throw error;
      await pause(ENDING_POLL_MS);
    }
  }
}
