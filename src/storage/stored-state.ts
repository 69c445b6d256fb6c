import type { Order } from '../order/order.ts';
import type { Accepted } from '../order/validate.ts';
import type { LogCut, LostRange } from './postgresql/offset-store.ts';

/** What is stored under an order's uid, compared with that order. */
export interface StoredMatch {
  /** Equal in every field. */
  readonly same: boolean;
  /** Where the stored one came from. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** It was stored from an earlier topic of the same name, whose offsets mean nothing any more. */
  readonly earlier: boolean;
  /** ms since the Unix epoch, with a fraction where there are microseconds. */
  readonly producedAt: number;
  readonly storedAt: number;
}

/** Offsets of a partition: `start` inclusive, `end` exclusive. */
export interface SourceRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** How many orders came from a stretch of a partition: bucket 0 begins at the range's start. */
export interface SourceBucket {
  readonly partition: number;
  readonly bucket: number;
  readonly orders: number;
}

/** A stored order's uid and source. */
export interface SourceRow {
  readonly orderUid: string;
  readonly partition: number;
  readonly offset: number;
}

/** Their number, and the first of them. */
export interface Listed<T> {
  readonly count: number;
  readonly first: readonly T[];
}

/**
 * The database at one instant: every call sees the same rows, whatever is written meanwhile. Offsets and orders are written in
 * one transaction, so they match exactly. Calls must not overlap.
 * Every call throws AppError `database_unavailable`.
 */
export interface StoredState {
  /** What is stored under each order's uid, in the order given; undefined where nothing is. */
  compare(orders: readonly Accepted[]): Promise<readonly (StoredMatch | undefined)[]>;
  /** JSON Pointer of the first field in which the stored order differs; undefined when none does, or there is no such order. */
  difference(order: Order): Promise<string | undefined>;
  /** The next offset of each partition the group has begun. */
  nextOffsets(): Promise<Map<number, number>>;
  /** When any group last moved its offset of each partition of the topic, ms since the Unix epoch. */
  movedAt(): Promise<ReadonlyMap<number, number>>;
  /** The end of earlier topics of the same name, ms since the Unix epoch; undefined when there was none. */
  earlierUntil(): Promise<number | undefined>;
  /** What the group has recorded as lost. */
  lostRanges(limit: number): Promise<Listed<LostRange>>;
  /** What the group has recorded as stored and then cut off the log. */
  logCuts(): Promise<readonly LogCut[]>;
  /** Orders by source; empty stretches are left out, and so, here and below, are orders of what was cut off the log. */
  countBySource(ranges: readonly SourceRange[], bucketSize: number): Promise<readonly SourceBucket[]>;
  /** Orders that came from the range, by offset. */
  ordersFrom(range: SourceRange, limit: number): Promise<readonly SourceRow[]>;
  /**
   * Orders said to come from offsets at or past the partition's end or below 0, from partitions that are not among them, or from a
   * topic that no group has stored orders of.
   */
  ordersOfNowhere(ends: ReadonlyMap<number, number>, limit: number): Promise<Listed<SourceRow>>;
  /** Uids of items whose order is missing, of any topic. */
  itemsWithoutOrder(limit: number): Promise<Listed<string>>;
  /** Orders without items, of this topic. */
  ordersWithoutItems(limit: number): Promise<Listed<SourceRow>>;
}
