import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { FaultName } from '../contract/generator.ts';
import type { SentPosition } from '../kafka/send/message-sender.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { RejectionReason } from '../order/rejection.ts';
import type { FaultNote } from './source.ts';

/** First line of a manifest. */
export interface ManifestHeader {
  readonly seed: number;
  /** Null when the run is endless. */
  readonly count: number | null;
  readonly topic: string;
  /** RFC 3339. */
  readonly started: string;
}

/** Every other line: a message that is not a plain order, and where the broker put it. */
export interface ManifestEntry {
  readonly index: number;
  readonly seq: number;
  readonly order_uid: string;
  readonly fault: FaultName;
  /** The dead-letter reason this must lead to; null for a good order. */
  readonly expectedReason: RejectionReason | null;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Writes as NDJSON which faults were injected where. Lines are written whole, after the broker's acknowledgement: a
 * crash loses the lines of messages in flight, and leaves no broken line.
 */
export class ManifestWriter {
  readonly #path: string;
  readonly #file: number;
  #open = true;

  /** Creates or replaces the file. @throws AppError `usage` when that is not possible */
  constructor(path: string, header: ManifestHeader) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new AppError('usage', `--manifest ${path}: ${messageOf(error)}`, { cause: error });
    }
    this.#write(`${JSON.stringify(header)}\n`);
  }

  /** Notes messages that were acknowledged; plain ones leave no line. Written when it returns. */
  record(sent: readonly { readonly note: FaultNote | undefined; readonly position: SentPosition }[]): void {
    let lines = '';
    for (const { note, position } of sent) {
      if (note === undefined) continue;
      const entry: ManifestEntry = {
        index: note.index,
        seq: note.seq,
        order_uid: note.orderUid,
        fault: note.fault,
        expectedReason: note.expectedReason,
        partition: position.partition,
        offset: Number(position.offset),
      };
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

  #write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      throw new AppError('internal', `writing ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }
}
