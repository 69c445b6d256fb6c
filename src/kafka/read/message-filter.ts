import { DEPTH_BOUND, parseBoundedJson } from '../../lib/bounded-json.ts';
import type { LogRecord } from './order-log.ts';

/** Which messages; those that match all that is given. */
export interface MessageFilter {
  /** With exactly this key. */
  readonly key?: Buffer | undefined;
  /** Contained in the value, the key, or a header's name or value. */
  readonly text?: Buffer | undefined;
  /** What the JSON of the value has. */
  readonly member?: MemberFilter | undefined;
}

/** A member of JSON: that it is there, or that it is this. */
export interface MemberFilter {
  /** Names and indexes; `*` stands for any element. */
  readonly path: readonly string[];
  readonly equals?: string;
}

/**
 * `/payment/currency=USD`: a JSON Pointer (RFC 6901) and what it must lead to → the filter; without `=` it must lead to
 * anything. A star in place of an index is any element. Undefined for any other text.
 */
export function parseMember(text: string): MemberFilter | undefined {
  if (!text.startsWith('/')) return undefined;
  const at = text.indexOf('=');
  const pointer = at < 0 ? text : text.slice(0, at);
  const path = pointer
    .slice(1)
    .split('/')
    .map((part) => part.trim().replaceAll('~1', '/').replaceAll('~0', '~'));
  return at < 0 ? { path } : { path, equals: text.slice(at + 1).trim() };
}

/** Tells whether a message is one of those. */
export function messageMatcher({ key, text, member }: MessageFilter): (record: LogRecord) => boolean {
  return (record) => {
    if (key !== undefined && record.key?.equals(key) !== true) return false;
    if (text !== undefined && !contains(record, text)) return false;
    return member === undefined || hasMember(record.value, member);
  };
}

function contains({ key, value, headers }: LogRecord, text: Buffer): boolean {
  if (value?.includes(text) === true || key?.includes(text) === true) return true;
  return headers.some(([name, content]) => name?.includes(text) === true || content?.includes(text) === true);
}

function hasMember(value: Buffer | null, { path, equals }: MemberFilter): boolean {
  if (value === null) return false;
  try {
    return leadsTo(parseBoundedJson(value, DEPTH_BOUND), path, equals);
  } catch {
    // It is no JSON.
    return false;
  }
}

function leadsTo(value: unknown, [name, ...rest]: readonly string[], equals: string | undefined): boolean {
  if (name === undefined)
    return equals === undefined || equals === (typeof value === 'string' ? value : JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return false;
  if (name === '*' && Array.isArray(value)) return value.some((one) => leadsTo(one, rest, equals));
  const found = Object.entries(value).find(([own]) => own === name);
  return found !== undefined && leadsTo(found[1], rest, equals);
}
