import { isDeepStrictEqual } from 'node:util';
import { JSON_BOUNDS } from '../lib/bounded-json.ts';
import { givingWay } from '../lib/next-turn.ts';

/** An operation of a JSON Patch (RFC 6902); `path` and `from` are JSON Pointers (RFC 6901). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string }
  | { readonly op: 'remove'; readonly path: string };

/** Why a patch does not apply. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

type Container = Record<string, unknown>;

const INDEX = /^(0|[1-9]\d{0,9})$/;
const { maxDepth } = JSON_BOUNDS;

/**
 * Patches a parsed JSON document, which is changed; gives the one that comes of it. What the operations put in is
 * counted before each of them is done: a few that copy a document into itself would make it as large as memory. It
 * gives way to others after some milliseconds.
 * @param maxAdded characters of JSON, about, that all operations together may put in
 * @throws PatchError when an operation fails or puts in too much
 */
export async function applyJsonPatch(
  document: unknown,
  operations: readonly PatchOperation[],
  maxAdded: number,
): Promise<unknown> {
  // A member of a holder, because a patch may replace or remove the whole document.
  const holder: Container = { document };
  const allowance = new Allowance(maxAdded);
  const breathe = givingWay();
  for (const one of operations) {
    await breathe();
    try {
      applyOne(holder, one, allowance);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw new PatchError(`${one.op} ${one.path.slice(0, 200)}: ${error.message}`);
    }
  }
  if (!('document' in holder)) throw new PatchError('the patch removes the whole document');
  return holder['document'];
}

function applyOne(holder: Container, one: PatchOperation, allowance: Allowance): void {
  const path = stepsOf(one.path);
  const parent = parentOf(holder, path);
  const key = path.at(-1) ?? '';
  const put = (value: unknown): void => {
    allowance.take(value, path.length);
    add(parent, key, value);
  };
  switch (one.op) {
    case 'add':
      put(structuredClone(one.value));
      break;
    case 'replace':
      memberOf(parent, key);
      allowance.take(one.value, path.length);
      set(parent, key, structuredClone(one.value));
      break;
    case 'remove':
      remove(parent, key);
      break;
    case 'test':
      if (!isDeepStrictEqual(memberOf(parent, key), one.value)) throw new PatchError('is another value');
      break;
    case 'copy': {
      const from = stepsOf(one.from);
      const value = memberOf(parentOf(holder, from), from.at(-1) ?? '');
      allowance.take(value, path.length);
      add(parent, key, structuredClone(value));
      break;
    }
    case 'move':
      move(holder, stepsOf(one.from), path, allowance);
      break;
  }
}

function move(holder: Container, from: readonly string[], to: readonly string[], allowance: Allowance): void {
  const source = parentOf(holder, from);
  const value = memberOf(source, from.at(-1) ?? '');
  if (from.length < to.length && from.every((step, at) => step === to[at]))
    throw new PatchError('can’t be moved into itself');
  allowance.take(value, to.length);
  remove(source, from.at(-1) ?? '');
  // Looked up again: in a list, removing has moved what follows.
  add(parentOf(holder, to), to.at(-1) ?? '', value);
}

/** What operations may still put in. */
class Allowance {
  #left: number;

  constructor(left: number) {
    this.#left = left;
  }

  /** Ends at the first excess, so that it costs no more than what is allowed. `depth`: of the value in the document. */
  take(value: unknown, depth: number): void {
    // The holder is a level, too.
    if (depth > maxDepth + 1) throw new PatchError(`nests more than ${maxDepth} levels deep`);
    this.#spend(typeof value === 'string' ? value.length + 3 : 8);
    if (Array.isArray(value)) {
      for (const one of value) this.take(one, depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) {
        this.#spend(name.length + 4);
        this.take(one, depth + 1);
      }
    }
  }

  #spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw new PatchError('the patch makes the value too large');
  }
}

/** `/a~1b/0` → the steps from the holder: `document`, `a/b`, `0`. */
function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return ['document', ...steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function parentOf(holder: Container, steps: readonly string[]): Container {
  let at: unknown = holder;
  for (const step of steps.slice(0, -1)) at = memberOf(at, step);
  if (!isContainer(at)) throw new PatchError('there is no such place');
  return at;
}

/** An own member only: no prototype, and of a list no `length`. */
function memberOf(container: unknown, key: string): unknown {
  const isThere = isContainer(container) && Object.hasOwn(container, key);
  if (!isThere || (Array.isArray(container) && !INDEX.test(key))) throw new PatchError('there is nothing there');
  return container[key];
}

function add(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) set(container, key, value);
  else if (key === '-') container.push(value);
  else if (INDEX.test(key) && Number(key) <= container.length) container.splice(Number(key), 0, value);
  else throw new PatchError('there is no such place');
}

function remove(container: Container, key: string): void {
  memberOf(container, key);
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete container[key];
}

/** Defines it, because an assignment to `__proto__` would not define a member. */
function set(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
