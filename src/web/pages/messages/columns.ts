import type { Message } from '../../../client/schema.generated.ts';

/** Values are asked for up to this length when columns are picked from their JSON. */
export const PICKED_BYTES = 65_536;

/** JSON Pointers (RFC 6901) into the values, as the address has them: `columns=/order_uid,/payment/amount`. */
export function columnsOf(query: URLSearchParams): readonly string[] {
  return pointersIn(query.get('columns') ?? '');
}

/** The pointers in a text that separates them by commas or spaces; one without a slash at its beginning gets it. */
export function pointersIn(text: string): readonly string[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  return [...new Set(parts.map((part) => (part.startsWith('/') ? part : `/${part}`)))];
}

/** What pointers lead to in the JSON of a value, as text; empty where they lead nowhere. */
export function pick(value: Message['value'], pointers: readonly string[]): readonly string[] {
  let json: unknown;
  try {
    json = typeof value === 'string' ? JSON.parse(value) : undefined;
  } catch {
    json = undefined;
  }
  return pointers.map((pointer) => {
    const found = pointer
      .slice(1)
      .split('/')
      .reduce<unknown>((at, name) => memberOf(at, name.replaceAll('~1', '/').replaceAll('~0', '~')), json);
    return found === undefined ? '' : typeof found === 'string' ? found : JSON.stringify(found);
  });
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([own]) => own === name)?.[1];
}

/** Messages as CSV (RFC 4180): where they are, their keys, and columns of the JSON, or the values without any. */
export function toCsv(messages: readonly Message[], pointers: readonly string[]): string {
  const head = ['partition', 'offset', 'timestamp', 'key', ...(pointers.length > 0 ? pointers : ['value'])];
  const rows = messages.map(({ partition, offset, timestamp, key, value }) => [
    String(partition),
    String(offset),
    timestamp,
    plain(key),
    ...(pointers.length > 0 ? pick(value, pointers) : [plain(value)]),
  ]);
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function plain(bytes: Message['key']): string {
  return bytes === null ? '' : typeof bytes === 'string' ? bytes : bytes.base64;
}

function cell(text: string): string {
  // A spreadsheet takes what begins so for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
