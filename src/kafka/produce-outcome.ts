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
  /** Not written, and never will be. */
  | 'rejected';

const NEW_IDENTITY = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);

const DIVIDE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

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
  return protocolErrors[name]?.canRetry === true ? 'retry' : 'rejected';
}
