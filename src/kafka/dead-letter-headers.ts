/** Headers a dead letter has besides the original ones. */
export const DEAD_LETTER_HEADERS = {
  reason: 'dl-reason',
  detail: 'dl-detail',
  topic: 'dl-topic',
  partition: 'dl-partition',
  offset: 'dl-offset',
  at: 'dl-at',
  replays: 'dl-replays',
  /** Bytes the value had, on a letter the broker took only without the end of it. */
  truncated: 'dl-truncated',
} as const;

/** All of them start with this, and a message sent back has none of them but `dl-replays` and `dl-redrive-id`. */
export const DEAD_LETTER_PREFIX = 'dl-';

/** On a message sent back to its topic: `<batch>/<letter>`, by which an interrupted redrive finds what it had sent. */
export const REDRIVE_ID_HEADER = 'dl-redrive-id';
