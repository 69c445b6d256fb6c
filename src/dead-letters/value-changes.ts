import type { ValueChange } from '../contract/redrive.ts';
import { JSON_BOUNDS, parseBoundedJson } from '../lib/bounded-json.ts';
import { pointerStep } from '../lib/violations.ts';

const MAX_CHANGES = 20;
const MAX_TEXT = 200;

/**
 * What differs between two values: the first changes only, and of long texts the start. Undefined unless both are JSON
 * with no more values than an order may have: comparing occupies the event loop.
 */
export function changesBetween(before: Buffer | null, after: Buffer | null): ValueChange[] | undefined {
  if (before === null || after === null) return undefined;
  try {
    const values = [parseBoundedJson(before, JSON_BOUNDS), parseBoundedJson(after, JSON_BOUNDS)] as const;
    return [...differing(...values, '').take(MAX_CHANGES)];
  } catch {
    return undefined;
  }
}

/** An absent member is undefined, which JSON can't be. */
function* differing(from: unknown, to: unknown, pointer: string): Generator<ValueChange> {
  const bothLists = Array.isArray(from) === Array.isArray(to);
  if (!(isContainer(from) && isContainer(to) && bothLists)) {
    const [before, after] = [JSON.stringify(from), JSON.stringify(to)];
    if (before !== after) yield { pointer, from: startOfText(before), to: startOfText(after) };
    return;
  }
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    yield* differing(memberOf(from, name), memberOf(to, name), `${pointer}/${pointerStep(name)}`);
  }
}

function memberOf(container: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

function startOfText(text: string | undefined): string | null {
  if (text === undefined) return null;
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
