import { createReadStream } from 'node:fs';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError, messageOf } from '../lib/app-error.ts';
import { linesOf } from '../lib/lines.ts';
import { REJECTION_REASONS } from '../order/rejection.ts';
import { ITEM_STATES } from '../order/states.ts';

const Header = Type.Object({
  seed: Type.Integer(),
  topic: Type.String(),
  started: Type.String(),
  partial: Type.Optional(Type.Boolean()),
});
const Line = Type.Object({
  order_uid: Type.String(),
  /** Null for a step of a life. */
  fault: Type.Union([Type.String(), Type.Null()]),
  step: Type.Optional(Type.Integer({ minimum: 1 })),
  state: Type.Optional(Type.Enum([...ITEM_STATES])),
  expectedReason: Type.Union([Type.Enum([...REJECTION_REASONS]), Type.Null()]),
  partition: Type.Integer({ minimum: 0 }),
  offset: Type.Integer({ minimum: 0 }),
});

/** A message that is not a plain order, and the dead-letter reason it must lead to; null for a good order. */
export type ManifestLine = Static<typeof Line> & {
  /** Of a manifest that does not mention everything: messages between its lines may be anything. */
  readonly partial?: boolean;
};

/** Of a partition's lines. */
export interface LineSpan {
  /** Offsets of the first and the last of them. */
  readonly first: number;
  readonly last: number;
  /** How many are steps of a life. */
  readonly steps: number;
  /** Offsets of the first and the last one of manifests that mention everything; null without one. */
  readonly from: number | null;
  readonly to: number | null;
}

const header = Compile(Header);
const line = Compile(Line);
const PAGE = 1_000;
/** A line of ours has a few hundred. */
const MAX_LINE_BYTES = 1_048_576;

async function* readManifest(path: string, topic: string): AsyncGenerator<ManifestLine[]> {
  const wrong = (what: string, cause?: unknown): AppError =>
    new AppError('usage', `--manifest ${path}: ${what}`, { cause });
  let page: ManifestLine[] = [];
  let number = 0;
  let partial = false;
  try {
    for await (const { bytes } of linesOf(path === '-' ? process.stdin : createReadStream(path), MAX_LINE_BYTES)) {
      number += 1;
      const value: unknown = bytes && JSON.parse(bytes.toString());
      if (number === 1) {
        if (!header.Check(value)) throw wrong('its first line is not the header of a manifest');
        if (value.topic !== topic) throw wrong(`it is of topic ${value.topic}, not of ${topic}`);
        partial = value.partial === true;
        continue;
      }
      if (!line.Check(value)) throw wrong(`line ${number} is not one of a manifest`);
      page.push(partial ? { ...value, partial } : value);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw wrong(number === 0 ? messageOf(error) : `line ${number}: ${messageOf(error)}`, error);
  }
  if (number === 0) throw wrong('it is empty');
  yield page;
}

/**
 * Reads what a producer noted of the faults it injected and the steps of lives: NDJSON, a header and a line a message; several files
 * one after the other; `-` is standard input. Gives the lines in pages.
 * @throws AppError `usage` when a file can't be read, is not a manifest, or is one of another topic.
 */
export async function* readManifests(paths: readonly string[], topic: string): AsyncGenerator<ManifestLine[]> {
  for (const path of paths) yield* readManifest(path, topic);
}
