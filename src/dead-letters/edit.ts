import { applyPatch, type Operation } from 'rfc6902';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError, messageOf } from '../lib/app-error.ts';

/** Changes a message's value: gives the new bytes, or why this message can't be changed so. */
export interface Edit {
  /** True when it makes every message the same, so that it is for one letter only. */
  readonly replaces: boolean;
  apply(value: Buffer | null): { ok: true; value: Buffer } | { ok: false; detail: string };
}

const pointer = Type.String({ pattern: '^(/.*)?$' });
const operation = Compile(
  Type.Union([
    Type.Object({ op: Type.Enum(['add', 'replace', 'test']), path: pointer, value: Type.Unknown() }),
    Type.Object({ op: Type.Enum(['move', 'copy']), path: pointer, from: pointer }),
    Type.Object({ op: Type.Literal('remove'), path: pointer }),
  ]),
);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A file's bytes → the edit it describes: a JSON array is a JSON Patch (RFC 6902), any other JSON document replaces the value,
 * byte for byte as it stands there.
 * @throws AppError `usage` when it is neither.
 */
export function parseEdit(bytes: Buffer): Edit {
  let document: unknown;
  try {
    document = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new AppError('usage', `the edit is not JSON: ${messageOf(error)}`, { cause: error });
  }
  return Array.isArray(document) ? patchEdit(document) : replacementEdit(bytes);
}

/** Puts these bytes in the value's place, whatever they are. */
export function replacementEdit(bytes: Buffer): Edit {
  return { replaces: true, apply: () => ({ ok: true, value: bytes }) };
}

/** A JSON Patch (RFC 6902). @throws AppError `usage` when it is none. */
export function patchEdit(document: readonly unknown[]): Edit {
  const wrong = document.findIndex((one) => !operation.Check(one));
  if (wrong >= 0 || !document.every(isOperation)) {
    const found = JSON.stringify(document[wrong]).slice(0, 120);
    throw new AppError('usage', `the edit's operation ${wrong} is not one of RFC 6902: ${found}`);
  }
  const path = document.flatMap((one) => ('from' in one ? [one.path, one.from] : [one.path])).find(isUnsafe);
  if (path !== undefined) {
    throw new AppError('usage', `the edit's path ${path} can't be patched; give the whole document instead`);
  }
  return { replaces: false, apply: (value) => patch(value, document) };
}

function patch(value: Buffer | null, operations: readonly Operation[]): ReturnType<Edit['apply']> {
  // A member of its own under the root, because a patch may replace the whole document, and rfc6902 can't.
  const holder: { value?: unknown } = {};
  try {
    holder.value = JSON.parse(utf8.decode(value ?? undefined));
  } catch {
    return { ok: false, detail: 'the value is not JSON, so a patch does not apply' };
  }
  for (const one of operations) {
    const [error] = applyPatch(holder, [rooted(one)]);
    if (error !== null && error !== undefined) {
      return { ok: false, detail: `${one.op} ${one.path}: ${error.message || error.name}` };
    }
  }
  return holder.value === undefined
    ? { ok: false, detail: 'the patch removes the whole document' }
    : { ok: true, value: Buffer.from(JSON.stringify(holder.value)) };
}

/** rfc6902 passes over such members to protect prototypes, and would change their parent instead. */
function isUnsafe(path: string): boolean {
  return path
    .split('/')
    .some((token) => token === '__proto__' || token === 'constructor' || token === 'prototype');
}

function rooted(one: Operation): Operation {
  const copy = structuredClone(one);
  copy.path = `/value${one.path}`;
  if ('from' in copy) copy.from = `/value${copy.from}`;
  return copy;
}

function isOperation(value: unknown): value is Operation {
  return operation.Check(value);
}
