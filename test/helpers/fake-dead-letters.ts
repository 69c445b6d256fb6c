import type { DeadLetterDesk, TimelineOrder } from '../../src/server/api/dead-letters/dead-letters.ts';
import type { LetterPosition, LetterQuery } from '../../src/server/api/dead-letters/letter-query.ts';
import type { RedriveDesk, RedriveOrder } from '../../src/server/api/dead-letters/redrive.ts';
import type { RedriveStep } from '../../src/server/api/dead-letters/redrive-lines.ts';

/** Dead letters that remember what they were asked and answer what they were told. */
export class FakeDeadLetters implements DeadLetterDesk, RedriveDesk {
  readonly asked: unknown[] = [];
  /** What is there: everything, as the schemas say it, or nothing. */
  empty = false;
  failure: Error | undefined;
  /** Of a redrive that is told of, after its first step. */
  failureLater: Error | undefined;

  list(query: LetterQuery, limit: number, cursor: string | undefined): Promise<object | undefined> {
    return this.#note({ list: query, limit, cursor }, { letters: [SUMMARY], cut: false, next_cursor: null });
  }

  find(position: LetterPosition): Promise<object | undefined> {
    return this.#note({ find: position }, { ...SUMMARY, headers: [] });
  }

  async counts(query: LetterQuery): Promise<object> {
    const counts = { total: 1, by_reason: { schema: 1 }, redriven: 0, cut: false };
    await this.#note({ counts: query }, counts);
    return counts;
  }

  redrive(order: RedriveOrder): Promise<object | undefined> {
    return this.#note({ redrive: order }, NOTHING_REDRIVEN);
  }

  async *redriveAll(order: RedriveOrder): AsyncGenerator<RedriveStep | undefined> {
    const { cut, next_cursor, ...answer } = NOTHING_REDRIVEN;
    const there = await this.#note({ redriveAll: order }, answer);
    if (there === undefined) return yield undefined;
    try {
      yield { passed: 0, total: 2, counts: {} };
      if (this.failureLater !== undefined) throw this.failureLater;
      yield { passed: 2, total: 2, counts: { sent: 2 }, answer };
    } finally {
      this.asked.push('ended');
    }
  }

  fate(position: LetterPosition): Promise<object | undefined> {
    return this.#note({ fate: position }, { state: 'rejected', letter: SUMMARY });
  }

  async timeline(order: TimelineOrder): Promise<object> {
    const [since, until] = [order.filter.since, order.filter.until].map((at) => new Date(at).toISOString());
    const counts = { by_reason: { schema: [1, 0] }, total: 1, cut: false, complete_since: since };
    await this.#note({ timeline: order }, counts);
    return { since, until, bucket_ms: order.bucketMs, ...counts };
  }

  async #note(question: object, answer: object): Promise<object | undefined> {
    this.asked.push(question);
    if (this.failure !== undefined) throw this.failure;
    return this.empty ? undefined : answer;
  }
}

const SUMMARY = {
  position: '3:17',
  partition: 3,
  offset: 17,
  reason: 'schema',
  detail: '/: must be object',
  source: { topic: 'orders', partition: 0, offset: 5 },
  at: '2026-01-02T03:04:05.678Z',
  replays: 0,
  key: 'a',
  value_bytes: 2,
  redriven_at: null,
};

const NOTHING_REDRIVEN = {
  dry_run: false,
  counts: {},
  outcomes: [],
  missing: [],
  recovered: { sent: 0, not_sent: 0, uncertain: 0 },
  cut: false,
  next_cursor: null,
};
