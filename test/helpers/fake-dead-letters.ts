import type {
  LetterCounts,
  LetterFilter,
  LetterSummary,
  Position,
  Timeline,
  TimelineRequest,
} from '../../src/contract/letter.ts';
import type { KnownLetter, RedriveAnswer, RedriveProgress, RedriveRequest } from '../../src/contract/redrive.ts';
import type { DeadLetterControl } from '../../src/server/api/dead-letters/dead-letters.ts';

/** Dead letters that remember what they were asked and answer what they were told. */
export class FakeDeadLetters implements DeadLetterControl {
  readonly asked: unknown[] = [];
  /** What is there: everything, or nothing. */
  empty = false;
  failure: Error | undefined;
  /** Of a redrive that is told of, after its first step. */
  failureLater: Error | undefined;

  list(filter: LetterFilter, limit: number, cursor: string | undefined) {
    const letters = filter.key === undefined || SUMMARY.key?.toString() === filter.key ? [SUMMARY] : [];
    return this.#note({ list: filter, limit, cursor }, { letters, cut: false, next: undefined });
  }

  find(position: Position) {
    return this.#note({ find: position }, LETTER);
  }

  async *export(filter: LetterFilter): AsyncGenerator<readonly KnownLetter[]> {
    const letter = await this.#note({ export: filter }, LETTER);
    if (letter === undefined) return;
    try {
      yield [letter];
      if (this.failureLater !== undefined) throw this.failureLater;
      yield [{ ...letter, redriven: { attempts: 1, at: SUMMARY.at } }];
    } finally {
      this.asked.push('ended');
    }
  }

  async counts(filter: LetterFilter): Promise<LetterCounts> {
    const counts = { total: 1, byReason: { schema: 1 }, redriven: 0, cut: false };
    await this.#note({ counts: filter }, counts);
    return counts;
  }

  redrive(request: RedriveRequest) {
    return this.#note({ redrive: request }, { ...NOTHING_REDRIVEN, cut: false, next: undefined });
  }

  async *redriveAll(request: RedriveRequest): AsyncGenerator<RedriveProgress | undefined> {
    const answer = await this.#note({ redriveAll: request }, NOTHING_REDRIVEN);
    if (answer === undefined) return yield undefined;
    try {
      yield { passed: 0, total: 2, counts: {} };
      if (this.failureLater !== undefined) throw this.failureLater;
      yield { passed: 2, total: 2, counts: { sent: 2 }, answer };
    } finally {
      this.asked.push('ended');
    }
  }

  fate(position: Position) {
    return this.#note({ fate: position }, { state: 'rejected', letter: SUMMARY } as const);
  }

  async timeline(request: TimelineRequest): Promise<Timeline> {
    const { since, until } = request.filter;
    const counts = { byReason: { schema: [1, 0] }, total: 1, cut: false, completeSince: since };
    await this.#note({ timeline: request }, counts);
    return { since, until, bucketMs: request.bucketMs, ...counts };
  }

  async #note<T>(question: object, answer: T): Promise<T | undefined> {
    this.asked.push(question);
    if (this.failure !== undefined) throw this.failure;
    return this.empty ? undefined : answer;
  }
}

const SUMMARY: LetterSummary = {
  partition: 3,
  offset: 17,
  reason: 'schema',
  detail: '/: must be object',
  source: { topic: 'orders', partition: 0, offset: 5 },
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  replays: 0,
  key: Buffer.from('a'),
  orderUid: 'a',
  valueBytes: 2,
  redrivenAt: undefined,
};

const LETTER: KnownLetter = {
  letter: { ...SUMMARY, id: '', value: Buffer.from('{}'), headers: [] },
  redriven: undefined,
};

const NOTHING_REDRIVEN: RedriveAnswer = {
  dryRun: false,
  counts: {},
  wouldComeBack: {},
  outcomes: [],
  samples: [],
  missing: [],
  recovered: { sent: 0, not_sent: 0, uncertain: 0 },
};
