/** What the service writes and nothing can be held against, or only roughly. Everything else is checked. */
export const UNCHECKED: readonly string[] = [
  'orders.stored_at: only that it lies between the time of its message (less 2 h) and the last move of its partition (and 1 min)',
  'dl-at: only to within 2 h of the time of the letter, and of its message',
  'dl-detail of database_rejected: what the database said',
  'consumer_offsets beside its next_offset, and lost_ranges beside what they say',
  'pending_invalidations, dead_letter_redrives and their batches, and what is cached',
  'orders of other topics that some group has stored: verify them by that topic',
];
