import { applyEdits, format, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { DEPTH_BOUND, jsonExcess } from '../../lib/bounded-json.ts';

/** A part of a text, in UTF-16 units. */
export interface TextSpan {
  readonly from: number;
  readonly to: number;
}

/** Where a text stops being JSON, and why. */
interface SyntaxFault extends TextSpan {
  /** A name of `ParseErrorCode`. */
  readonly fault: string;
}

/** Where and why a text stops being JSON; undefined when it is JSON, or nested too deep to tell. */
export function syntaxErrorIn(text: string): SyntaxFault | undefined {
  if (isDeep(text)) return undefined;
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  return first && { ...spanOf(first, text), fault: printParseErrorCode(first.error) };
}

/** The names and indexes that an RFC 6901 pointer consists of; none for the whole document. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * Finds what RFC 6901 pointers name in a JSON text: a member with its name. For a missing member it is the name of the
 * member around it; for a duplicate member the last one, which is the one that counts; for the whole document its first
 * character.
 */
export function placeFinder(text: string): (pointer: string) => TextSpan {
  const root = isDeep(text) ? undefined : parseTree(text);
  return (pointer) => {
    let node = root;
    for (const step of stepsOf(pointer)) {
      const child = node && childOf(node, step);
      if (child === undefined) return headOf(node, text);
      node = child;
    }
    if (node === undefined || node === root) return headOf(node, text);
    // In an object, the name is part of it.
    const whole = node.parent?.type === 'property' ? node.parent : node;
    return { from: whole.offset, to: whole.offset + whole.length };
  };
}

/** Both count from 1. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/**
 * Indents the text and changes nothing else: numbers keep their digits, duplicate members stay. Text that is not JSON,
 * or is nested very deep, is returned as it is.
 */
export function indentJson(text: string): string {
  if (isDeep(text) || syntaxErrorIn(text) !== undefined) return text;
  const edits = format(text, undefined, { insertSpaces: true, tabSize: 2, eol: '\n' });
  return applyEdits(text, edits);
}

/** The parser and the formatter recurse for each level. */
function isDeep(text: string): boolean {
  return jsonExcess(new TextEncoder().encode(text), DEPTH_BOUND) !== undefined;
}

function childOf(node: Node, step: string): Node | undefined {
  if (node.type === 'array') return /^\d+$/.test(step) ? node.children?.[Number(step)] : undefined;
  return node.children?.findLast(({ children: [name] = [] }) => name?.value === step)?.children?.[1];
}

/** The place to mark when something is missing in a member. */
function headOf(node: Node | undefined, text: string): TextSpan {
  if (node === undefined) return spanOf({ offset: 0, length: 1 }, text);
  const name = node.parent?.type === 'property' ? node.parent.children?.[0] : undefined;
  return spanOf(name ?? { offset: node.offset, length: 1 }, text);
}

function spanOf({ offset, length }: { offset: number; length: number }, text: string): TextSpan {
  const from = Math.min(offset, Math.max(0, text.length - 1));
  return { from, to: Math.min(text.length, from + Math.max(1, length)) };
}

/** Whether the browser reads a text as JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
