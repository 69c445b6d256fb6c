import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka';

/** What an error code of a Produce answer means for the batch. */
export type ProduceOutcome =
  | 'written'
  /** Not written this time: the same batch again, perhaps to another leader. */
  | 'retry'
  /** The broker no longer knows this producer's sequence: the batch again under a new identity. */
  | 'new_identity'
  /** Not written because of some of its messages: the rest may pass without them. */
  | 'divide'
  /** Not written because of the time it bears, which is the same for all of its messages. */
  | 'untimely'
  /** Not written, and never will be. */
  | 'rejected';

const NEW_IDENTITY = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);

const DIVIDE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Why the broker will never take a message: `too_large` and `other` are about the message, the rest would be said of any. */
export type Refusal = 'too_large' | 'clock' | 'not_allowed' | 'other';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  INVALID_TIMESTAMP: 'clock',
  TOPIC_AUTHORIZATION_FAILED: 'not_allowed',
  CLUSTER_AUTHORIZATION_FAILED: 'not_allowed',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'not_allowed',
};

const ADVICE: Readonly<Record<Refusal, string>> = {
  too_large: 'It is longer than the topic takes: see max.message.bytes among its settings.',
  clock:
    "This machine's clock and the broker's are further apart than the topic takes " +
    '(message.timestamp.after.max.ms, message.timestamp.before.max.ms): set the clock.',
  not_allowed: 'The service may not write to the topic: see the ACLs of its user.',
  other: 'See the settings of the topic.',
};

/** What an error of this name says about the message, and what to do about it. */
export function refusalOf(name: string): { readonly refusal: Refusal; readonly advice: string } {
  const refusal = REFUSALS[name] ?? 'other';
  return { refusal, advice: ADVICE[refusal] };
}

/** The protocol's name of an error code. */
export function errorName(code: number): string {
  return protocolErrorsCodesById[code] ?? `error ${code}`;
}

/** Classified by protocol code; what Kafka's own table calls retriable is retried. */
export function produceOutcome(code: number): ProduceOutcome {
  if (code === 0) return 'written';
  const name = errorName(code);
  // The batch is in the log, only its offset has been forgotten.
  if (name === 'DUPLICATE_SEQUENCE_NUMBER') return 'written';
  if (NEW_IDENTITY.has(name)) return 'new_identity';
  if (DIVIDE.has(name)) return 'divide';
  if (name === 'INVALID_TIMESTAMP') return 'untimely';
  return protocolErrors[name]?.canRetry === true ? 'retry' : 'rejected';
}
