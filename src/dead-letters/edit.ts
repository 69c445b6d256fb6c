import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError, messageOf } from '../lib/app-error.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../lib/bounded-json.ts';
import { applyJsonPatch, PatchError, type PatchOperation } from './json-patch.ts';

/** Changes a message's value: gives the new bytes, or why this message can't be changed so. */
export interface Edit {
  /** True when it makes every message the same, so that it is for one letter only. */
  readonly replaces: boolean;
  apply(value: Buffer | null): Promise<{ ok: true; value: Buffer } | { ok: false; detail: string }>;
}

const pointer = Type.String({ pattern: '^(/.*)?$' });
const operation = Compile(
  Type.Union([
    Type.Object({ op: Type.Enum(['add', 'replace', 'test']), path: pointer, value: Type.Unknown() }),
    Type.Object({ op: Type.Enum(['move', 'copy']), path: pointer, from: pointer }),
    Type.Object({ op: Type.Literal('remove'), path: pointer }),
  ]),
);
const MAX_OPERATIONS = 1_000;
/** How much longer than the letter's a patched value may be, bytes: as much as Kafka takes by default. */
const MAX_ADDED = 1_048_576;

/**
 * A file's bytes → the edit it describes: a JSON array is a JSON Patch (RFC 6902), any other JSON document replaces the
 * value, byte for byte as it stands there.
 * @throws AppError `usage` when it is neither.
 */
export function parseEdit(bytes: Buffer): Edit {
  let document: unknown;
  try {
    document = parseBoundedJson(bytes, DEPTH_BOUND);
  } catch (error) {
    const what = error instanceof RangeError ? error.message : `is not JSON: ${messageOf(error)}`;
    throw new AppError('usage', `the edit ${what}`, { cause: error });
  }
  return Array.isArray(document) ? patchEdit(document) : replacementEdit(bytes);
}

/** Puts these bytes in the value's place, whatever they are. */
export function replacementEdit(bytes: Buffer): Edit {
  return { replaces: true, apply: async () => ({ ok: true, value: bytes }) };
}

/** A JSON Patch (RFC 6902). @throws AppError `usage` when it is invalid. */
export function patchEdit(document: readonly unknown[]): Edit {
  if (document.length > MAX_OPERATIONS)
    throw new AppError('usage', `the edit has ${document.length} operations, the most is ${MAX_OPERATIONS}`);
  const wrong = document.findIndex((one) => !operation.Check(one));
  if (wrong >= 0 || !document.every(isOperation)) {
    const found = JSON.stringify(document[wrong]).slice(0, 120);
    throw new AppError('usage', `the edit's operation ${wrong} is not one of RFC 6902: ${found}`);
  }
  return { replaces: false, apply: (value) => patch(value, document) };
}

async function patch(
  value: Buffer | null,
  operations: readonly PatchOperation[],
): Promise<Awaited<ReturnType<Edit['apply']>>> {
  let document: unknown;
  try {
    document = parseBoundedJson(value ?? Buffer.alloc(0), DEPTH_BOUND);
  } catch (error) {
    const what = error instanceof RangeError ? error.message : 'is not JSON';
    return { ok: false, detail: `the value ${what}, so a patch does not apply` };
  }
  try {
    const patched = await applyJsonPatch(document, operations, MAX_ADDED);
    return { ok: true, value: Buffer.from(JSON.stringify(patched)) };
  } catch (error) {
    if (error instanceof PatchError) return { ok: false, detail: error.message };
    throw error;
  }
}

function isOperation(value: unknown): value is PatchOperation {
  return operation.Check(value);
}
