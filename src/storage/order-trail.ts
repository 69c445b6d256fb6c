/** Where a stored order came from, and when. Instants are RFC 3339. */
export interface OrderTrail {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** By its sender's clock. */
  readonly producedAt: string;
  /** When the transaction began that stored it. */
  readonly beganAt: string;
  /** When that transaction was committed; undefined where PostgreSQL does not keep it (track_commit_timestamp), or no longer does. */
  readonly committedAt: string | undefined;
}

/** @throws AppError `database_unavailable` (retryable) */
export interface OrderTrails {
  /** Undefined when there is no such order. */
  find(uid: string): Promise<OrderTrail | undefined>;
}
