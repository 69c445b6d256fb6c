import type { DeadLetter } from '../../src/contract/letter.ts';
import { parseLetter } from '../../src/dead-letters/letter.ts';
import type { LogRecord } from '../../src/kafka/read/order-log.ts';
import { logRecord } from './log-record.ts';

export interface LetterParts {
  readonly offset: number;
  readonly reason?: string;
  readonly key?: string | null;
  readonly value?: string | null;
  readonly at?: number;
  readonly replays?: number;
  readonly topic?: string;
  /** Where it was rejected; its own offset plus 100 unless given. */
  readonly source?: number;
}

/** A record of the dead-letter topic, as the consumer writes it. */
export function letterRecord(parts: LetterParts): LogRecord {
  const { offset, key = `k${offset}`, value = `{"order_uid":"k${offset}"}` } = parts;
  return logRecord({
    offset,
    key,
    value,
    timestamp: 1_000 + offset,
    headers: {
      'content-type': 'application/json',
      'dl-reason': parts.reason ?? 'schema',
      'dl-detail': '/items: wrong',
      'dl-topic': parts.topic ?? 'orders',
      'dl-partition': '2',
      'dl-offset': String(parts.source ?? offset + 100),
      'dl-at': String(parts.at ?? 1_000 + offset),
      'dl-replays': String(parts.replays ?? 0),
    },
  });
}

/** The same as it is read from partition 3, at offset 17 by default. */
export function deadLetter(parts: Partial<LetterParts> = {}): DeadLetter {
  return parseLetter('t', 3, letterRecord({ offset: 17, ...parts }));
}
