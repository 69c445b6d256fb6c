import { type DeadLetter, formatPosition, type LetterSummary, orderUidOf } from '../../../contract/letter.ts';
import type { RedriveRecord } from '../../../contract/redrive.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../../../lib/bounded-json.ts';
import { printable, textOf } from '../../../lib/printable.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';
import { shorten, textTable } from '../output.ts';

const DUMP_BYTES = 4_096;
const PER_LINE = 16;
const COLUMNS = ['POSITION', 'AT', 'REASON', 'REPLAYS', 'REDRIVEN', 'KEY', 'DETAIL'];

/** Letters as a list, no line longer than `width`. */
export function letterTable(letters: readonly LetterSummary[], width: number): string {
  const rows = letters.map((letter) => [
    formatPosition(letter),
    rfc3339(letter.at).replace(/\.\d+Z$/, 'Z'),
    letter.reason,
    letter.replays === 0 ? '' : String(letter.replays),
    letter.redrivenAt === undefined ? '' : 'yes',
    shorten(letter.key === null ? '' : (textOf(letter.key) ?? '(bytes)'), 20),
    letter.detail,
  ]);
  return textTable(
    COLUMNS,
    rows.map((row) => row.map((cell) => printable(cell))),
    width,
  ).join('\n');
}

/** One letter, for people: what is known of it, its headers, then its value. */
export function letterText(letter: DeadLetter, redriven: RedriveRecord | undefined): string {
  const { source, reason, detail, at, replays } = letter;
  const came = source === undefined ? 'unknown' : `${source.topic} ${source.partition}:${source.offset}`;
  const rows: [string, string][] = [
    ['Position', formatPosition(letter)],
    ['Reason', reason],
    ['Detail', detail],
    ['Rejected at', rfc3339(at)],
    ['Came from', came],
    ['Replays', String(replays)],
    ['Redriven', redriven === undefined ? 'no' : new Date(redriven.at).toISOString()],
    ['Order', orderUidOf(letter) ?? 'unknown'],
    ['Key', letter.key === null ? '(none)' : bytesText(letter.key)],
    ...letter.headers.map(([name, value]): [string, string] => [
      `Header ${name ?? ''}`,
      value === null ? '(none)' : bytesText(value),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => printable(name).length));
  const lines = rows.map(([name, value]) => `${printable(name).padEnd(width)}  ${printable(value)}`.trimEnd());
  return `${lines.join('\n')}\n\n${valueText(letter.value)}`;
}

function bytesText(bytes: Buffer): string {
  return textOf(bytes) ?? `0x${bytes.toString('hex')}`;
}

/** JSON indented, other bytes as a dump. */
export function valueText(value: Buffer | null): string {
  if (value === null) return 'No value: a tombstone.';
  let what = 'not JSON';
  try {
    return printable(JSON.stringify(parseBoundedJson(value, DEPTH_BOUND), undefined, 2), true);
  } catch (error) {
    // It is dumped.
    if (error instanceof RangeError) what = error.message;
  }
  return `${value.length} bytes, ${what}:\n${hexDump(value.subarray(0, DUMP_BYTES))}${
    value.length > DUMP_BYTES ? `\n… ${value.length - DUMP_BYTES} bytes more; --raw gives them all` : ''
  }`;
}

/** `00000000  7b 22 …  |{"…|`, sixteen bytes a line. */
export function hexDump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const part = bytes.subarray(at, at + PER_LINE);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...part].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(PER_LINE * 3 - 1)}  |${text}|`);
  }
  return lines.join('\n');
}
