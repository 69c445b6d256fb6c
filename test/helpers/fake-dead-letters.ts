import type {
  DeadLetterDesk,
  LetterPosition,
  LetterQuery,
  RedriveOrder,
} from '../../src/server/routes/dead-letters.ts';

/** Dead letters that remember what they were asked and answer what they were told. */
export class FakeDeadLetters implements DeadLetterDesk {
  readonly asked: unknown[] = [];
  /** What is there: everything, as the schemas say it, or nothing. */
  empty = false;
  failure: Error | undefined;

  list(query: LetterQuery, limit: number, cursor: string | undefined): Promise<object | undefined> {
    return this.#note({ list: query, limit, cursor }, { letters: [SUMMARY], cut: false, cursor: null });
  }

  find(position: LetterPosition): Promise<object | undefined> {
    return this.#note({ find: position }, { ...SUMMARY, headers: {} });
  }

  async counts(query: LetterQuery): Promise<object> {
    const counts = { total: 1, by_reason: { schema: 1 }, redriven: 0, cut: false };
    await this.#note({ counts: query }, counts);
    return counts;
  }

  redrive(order: RedriveOrder): Promise<object | undefined> {
    return this.#note({ redrive: order }, NOTHING_REDRIVEN);
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
  cursor: null,
};
