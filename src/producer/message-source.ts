import type { FaultName } from '../contract/generator.ts';
import type { RejectionReason } from '../order/rejection.ts';
import type { LifeStep } from './lives.ts';
import type { Timeline } from './schedule.ts';

/** What sets a message apart from a plain order. */
export interface FaultNote {
  readonly seed: number;
  readonly index: number;
  /** Position in the sequence of messages sent, from 0. */
  readonly seq: number;
  /** The message's key; of a duplicate or changed message that of the order it repeats. */
  readonly orderUid: string;
  readonly fault: FaultName;
  /** The dead-letter reason this must lead to; null for a good order. */
  readonly expectedReason: RejectionReason | null;
}

/** A message to send. */
export interface SourceMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Undefined for a plain order. */
  readonly note: FaultNote | undefined;
  /** Only of an order that is sent again because its life has gone on. */
  readonly step?: LifeStep;
}

/** Where a producer gets its messages from. */
export interface MessageSource {
  /**
   * The next messages, at most `max`; none when there are no more. One with `nextAtMs` gives only those that are due by
   * the timeline, if there is one.
   */
  take(max: number, timeline?: Timeline): readonly SourceMessage[] | Promise<readonly SourceMessage[]>;
  /** How many bad ones were skipped so far. */
  readonly skipped: number;
  /** Orders whose life goes on. */
  readonly open?: number;
  /** When the next message is due, infinite when there are no more. Without it all messages are due as orders are. */
  nextAtMs?(timeline: Timeline): number;
}
