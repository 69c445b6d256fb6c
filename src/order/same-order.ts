import { parseInstantMicros } from './instant.ts';
import type { Order } from './order.ts';

/** The JSON Pointer of the first difference between two orders; undefined when they say the same. Instants compare as instants. */
export function firstDifference(a: Order, b: Order): string | undefined {
  return differ(a, b, '');
}

function differ(a: unknown, b: unknown, path: string): string | undefined {
  if (a === b) return undefined;
  if (path === '/date_created') {
    return parseInstantMicros(String(a)) === parseInstantMicros(String(b)) ? undefined : path;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return path;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  if (left.length !== right.size) return path;
  for (const [key, value] of left) {
    if (!right.has(key)) return `${path}/${key}`;
    const found = differ(value, right.get(key), `${path}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
