import type { Findings } from './findings.ts';

interface Ahead {
  messages: number;
  /** Orders stored from the very message, and the last of their offsets. */
  stored: number;
  last: number;
}

/** Messages that have had their effect although the group's offset has not passed them: the group will read them again. */
export class ReadAgain {
  readonly #partitions = new Map<number, Ahead>();

  /** `stored`: an order came from this very message. */
  note(partition: number, offset: number, stored: boolean): void {
    const ahead = this.#partitions.get(partition) ?? { messages: 0, stored: 0, last: 0 };
    ahead.messages += 1;
    if (stored) {
      ahead.stored += 1;
      ahead.last = Math.max(ahead.last, offset);
    }
    this.#partitions.set(partition, ahead);
  }

  /**
   * A finding a partition. Orders and offsets move in one transaction, so a stored order ahead of the offset says that the offset was
   * moved; a dead letter ahead of it may be a killed consumer's, and only waits.
   */
  report(findings: Findings, nextOffsets: ReadonlyMap<number, number>): void {
    for (const [partition, { messages, stored, last }] of this.#partitions) {
      const offset = nextOffsets.get(partition);
      if (stored === 0) {
        const detail = `${messages} messages from here on are accounted for, and the group has not passed them`;
        findings.add({ kind: 'not_yet_stored', partition, offset: offset ?? 0, detail });
        continue;
      }
      const where = offset === undefined ? 'the group has no offset' : `the group’s offset is ${offset}`;
      const detail = `${where}, and ${stored} orders up to ${last} are stored: it was moved back, or another group stored them; all is read again`;
      findings.add({ kind: 'offset_moved_back', partition, offset: offset ?? 0, detail });
    }
  }
}
