import type { DeadLetter } from '../../../client/schema.generated.ts';
import { bytesOf } from '../../components/bytes.ts';
import { indentJson, stepsOf } from '../../components/json-places.ts';

/** A letter's value as editable text. */
interface EditableValue {
  readonly text: string;
  /** The bytes are not UTF-8: the text has U+FFFD in their place, so it is a different value even if unchanged. */
  readonly isLossy: boolean;
}

/** JSON indented, with every digit as it was sent; other text as it is; empty for a tombstone. */
export function editableValue(letter: Pick<DeadLetter, 'value' | 'value_base64' | 'value_bytes'>): EditableValue {
  const { value, value_base64, value_bytes } = letter;
  if (value_bytes === null) return { text: '', isLossy: false };
  // The API leaves the bytes out only where JSON reproduces them.
  if (value_base64 === undefined) return { text: JSON.stringify(value, undefined, 2), isLossy: false };
  const bytes = bytesOf(value_base64);
  try {
    return {
      text: indentJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
      isLossy: false,
    };
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isLossy: true };
  }
}

/** The text of a JSON Patch that a letter suggests: it removes or replaces what was wrong with it. */
export function patchFor(letter: Pick<DeadLetter, 'reason' | 'detail'> | undefined): string {
  const path = pointerOf(letter?.detail ?? '') ?? '/';
  const one = letter?.reason === 'unknown_field' ? { op: 'remove', path } : { op: 'replace', path, value: '' };
  return `[\n  ${JSON.stringify(one)}\n]`;
}

/** Whether a text may be a JSON Patch; the server knows the operations. */
export function isPatch(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 0;
  } catch {
    return false;
  }
}

/** A text with a part that is marked. */
interface Spotted {
  readonly before: string;
  /** Empty where nothing is marked. */
  readonly marked: string;
  readonly after: string;
}

/** `/payment/amount: is 1` → `/payment/amount`; undefined if the detail names no place. */
export function pointerOf(detail: string): string | undefined {
  return /^(\/[^:]*):/.exec(detail)?.[1];
}

/**
 * An indented JSON value in which the member that an RFC 6901 pointer names is marked, with its name. For a missing
 * member, the nearest one around it is marked.
 */
export function spotIn(value: unknown, pointer: string | undefined): Spotted {
  const steps = stepsOf(pointer ?? '').filter((step) => step !== '');
  if (steps.length === 0) return { before: JSON.stringify(value, undefined, 2), marked: '', after: '' };
  return mark(value, steps, '') ?? { before: JSON.stringify(value, undefined, 2), marked: '', after: '' };
}

function mark(value: unknown, steps: readonly string[], indent: string): Spotted | undefined {
  const [step = '', ...rest] = steps;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  const isList = Array.isArray(value);
  const inner = `${indent}  `;
  const entries = Object.entries(value);
  const at = entries.findIndex(([name]) => name === step);
  const line = ([name, one]: [string, unknown]) => `${label(name)}${indented(one, inner)}`;
  const label = (name: string) => (isList ? '' : `${JSON.stringify(name)}: `);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const head = entries
    .slice(0, at)
    .map((entry) => `${inner}${line(entry)},\n`)
    .join('');
  const tail = entries
    .slice(at + 1)
    .map((entry) => `,\n${inner}${line(entry)}`)
    .join('');
  const target = entries[at]?.[1];
  const deeper = rest.length === 0 ? undefined : mark(target, rest, inner);
  const before = `${open}\n${head}${inner}`;
  const after = `${tail}\n${indent}${close}`;
  if (deeper !== undefined)
    return {
      before: `${before}${label(step)}${deeper.before}`,
      marked: deeper.marked,
      after: deeper.after + after,
    };
  return { before, marked: line([step, target]), after };
}

function indented(value: unknown, indent: string): string {
  return JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${indent}`);
}
