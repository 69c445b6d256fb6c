import type {
  DeadLetterDesk,
  LetterPosition,
  LetterQuery,
  RedriveOrder,
} from '../../src/server/routes/dead-letters.ts';

/** Dead letters that remember what they were asked and answer what they were told. */
export class FakeDeadLetters implements DeadLetterDesk {
  readonly asked: unknown[] = [];
  answer: object | undefined = {};
  failure: Error | undefined;

  list(query: LetterQuery, limit: number, cursor: string | undefined): Promise<object | undefined> {
    return this.#note({ list: query, limit, cursor });
  }

  find(position: LetterPosition): Promise<object | undefined> {
    return this.#note({ find: position });
  }

  async counts(query: LetterQuery): Promise<object> {
    return (await this.#note({ counts: query })) ?? {};
  }

  redrive(order: RedriveOrder): Promise<object | undefined> {
    return this.#note({ redrive: order });
  }

  async #note(question: object): Promise<object | undefined> {
    this.asked.push(question);
    if (this.failure !== undefined) throw this.failure;
    return this.answer;
  }
}
