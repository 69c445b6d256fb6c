import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { FaultName } from '../contract/generator.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { RejectionReason } from '../order/rejection.ts';
import type { ItemState } from '../order/states.ts';
import type { SentMessage } from './delivery.ts';
import type { LifeStep } from './lives.ts';
import type { FaultNote } from './message-source.ts';
import { orderUid } from './order-uid.ts';

/** First line of a manifest. */
export interface ManifestHeader {
  readonly seed: number;
  /** Null when the run is endless. */
  readonly count: number | null;
  readonly topic: string;
  /** RFC 3339. */
  readonly started: string;
  /** Messages that it does not mention may be anything; without it they are plain orders. */
  readonly partial?: true;
}

/** Every other line: a message that is not a plain order or the first of its life, and where the broker put it. */
export interface ManifestEntry {
  readonly index: number;
  /** Position in the sequence of messages sent; absent for a step. */
  readonly seq?: number;
  /** Where it may differ from one line to the next. */
  readonly seed?: number;
  readonly order_uid: string;
  /** Null for a step of a life. */
  readonly fault: FaultName | null;
  /** Of a step: its number, from 1, and the state its order has come to. */
  readonly step?: number;
  readonly state?: ItemState;
  /** The dead-letter reason this must lead to; null for a good order. */
  readonly expectedReason: RejectionReason | null;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Writes as NDJSON which faults were injected where, and where the steps of lives are. Lines are written whole, after the broker's acknowledgement: a
 * crash loses the lines of messages in flight, and leaves no broken line.
 */
export class ManifestWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #seed: number;
  #open = true;

  /** Creates or replaces the file. @throws AppError `usage` when that is not possible */
  constructor(path: string, header: ManifestHeader) {
    this.#path = path;
    this.#seed = header.seed;
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new AppError('usage', `--manifest ${path}: ${messageOf(error)}`, { cause: error });
    }
    this.#write(`${JSON.stringify(header)}\n`);
  }

  /** Notes messages that were acknowledged; plain ones leave no line. Written when it returns. */
  record(sent: readonly SentMessage[]): void {
    let lines = '';
    for (const { note, step, position } of sent) {
      const what = note === undefined ? this.#stepOf(step) : faultOf(note);
      if (what === undefined) continue;
      const entry: ManifestEntry = { ...what, partition: position.partition, offset: Number(position.offset) };
      lines += `${JSON.stringify(entry)}\n`;
    }
    if (lines !== '') this.#write(lines);
  }

  /** Syncs the file to disk and closes it; idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  #stepOf(life: LifeStep | undefined): Omit<ManifestEntry, 'partition' | 'offset'> | undefined {
    if (life === undefined) return undefined;
    const { index, step, state } = life;
    return { index, order_uid: orderUid(this.#seed, index), fault: null, step, state, expectedReason: null };
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      throw new AppError('internal', `writing ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Most lines of a kept manifest, about 20 MB. */
const MOST_KEPT = 100_000;

/** The faults that a process has injected since it began, the last 100,000, in memory. */
export class KeptManifest {
  readonly #topic: string;
  readonly #started = new Date().toISOString();
  readonly #lines: string[] = [];

  constructor(topic: string) {
    this.#topic = topic;
  }

  get size(): number {
    return Math.min(MOST_KEPT, this.#lines.length);
  }

  /** Notes the faults among messages that were acknowledged. */
  record(sent: readonly SentMessage[]): void {
    for (const { note, position } of sent) {
      if (note === undefined) continue;
      const { partition, offset } = position;
      const entry: ManifestEntry = { ...faultOf(note), seed: note.seed, partition, offset: Number(offset) };
      this.#lines.push(JSON.stringify(entry));
    }
    if (this.#lines.length > MOST_KEPT * 1.1) this.#lines.splice(0, this.#lines.length - MOST_KEPT);
  }

  /** As NDJSON, for `verify --manifest`; `seed` is that of the orders to come. */
  text(seed: number): string {
    const header: ManifestHeader = { seed, count: null, topic: this.#topic, started: this.#started, partial: true };
    return [JSON.stringify(header), ...this.#lines.slice(-MOST_KEPT), ''].join('\n');
  }
}

function faultOf({ index, seq, orderUid: uid, fault, expectedReason }: FaultNote) {
  return { index, seq, order_uid: uid, fault, expectedReason };
}
