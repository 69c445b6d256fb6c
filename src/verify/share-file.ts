import type { ShareReport } from '../contract/verification.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { linesOf } from '../lib/lines.ts';
import type { OrderEntry, OrderEvidence } from './order-evidence.ts';

/** Of the report's line; a finding has a few hundred bytes, and a partition as many. */
const MAX_LINE_BYTES = 512 * 1024 * 1024;
const CHUNK_CHARACTERS = 65_536;

type ShareLine = { readonly share: ShareReport } | { readonly order: OrderEntry } | { readonly end: number };

/**
 * A share as it is written: NDJSON, first the report, then what is to be said of orders in several partitions, and at
 * the end how many lines that were. In pieces of a few lines.
 */
export function* shareText(share: ShareReport, orders: Pick<OrderEvidence, 'entries'>): Generator<string> {
  const line = (value: ShareLine): string => `${JSON.stringify(value)}\n`;
  let text = line({ share });
  let count = 0;
  for (const order of orders.entries()) {
    count += 1;
    text += line({ order });
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = '';
  }
  yield text + line({ end: count });
}

/**
 * Reads a share, and brings what it says of orders into `orders`.
 * @returns undefined when it is not whole
 * @throws AppError `usage` when it is no share
 */
export async function readShare(
  bytes: AsyncIterable<Uint8Array>,
  orders: Pick<OrderEvidence, 'add'>,
): Promise<ShareReport | undefined> {
  let share: ShareReport | undefined;
  let count = 0;
  let end: number | undefined;
  for await (const { bytes: line, number } of linesOf(bytes, MAX_LINE_BYTES)) {
    const value = parsed(line, number);
    if ('share' in value) share = value.share;
    else if ('end' in value) end = value.end;
    else {
      count += 1;
      orders.add(value.order);
    }
  }
  return end === count ? share : undefined;
}

function parsed(line: Buffer | undefined, number: number): ShareLine {
  let value: unknown;
  try {
    value = JSON.parse(String(line));
  } catch (error) {
    throw new AppError('usage', `line ${number}: ${messageOf(error)}`, { cause: error });
  }
  if (isShareLine(value) && 'share' in value === (number === 1)) return value;
  throw new AppError('usage', `line ${number} is not what verify --partitions writes`);
}

function isShareLine(value: unknown): value is ShareLine {
  if (typeof value !== 'object' || value === null) return false;
  if ('share' in value) return typeof value.share === 'object' && value.share !== null && 'seen' in value.share;
  return 'order' in value ? typeof value.order === 'object' : 'end' in value;
}

/**
 * Checks that shares make a whole: every partition of the topic once, all with the same settings, and of one state of
 * the database. `names`: what each is called.
 * @throws AppError `usage`
 */
export function checkShares(shares: readonly ShareReport[], names: readonly string[]): void {
  const [first, ...others] = shares;
  if (first === undefined) throw new AppError('usage', 'nothing to merge');
  for (const [at, other] of others.entries()) {
    const pair = `${names[0]} and ${names[at + 1]}`;
    for (const [what, one, two] of comparable(first, other)) {
      if (one === two) continue;
      const advice = 'verify again while nothing is stored, with the same settings and options';
      throw new AppError('usage', `${pair} do not belong together: they differ in ${what}; ${advice}`);
    }
  }
  const judged = new Map<number, string>();
  for (const [at, { partitions }] of shares.entries()) {
    for (const { partition } of partitions) {
      const before = judged.get(partition);
      if (before !== undefined)
        throw new AppError('usage', `partition ${partition} is in ${before} and in ${names[at]}; give each only once`);
      judged.set(partition, names[at] ?? '');
    }
  }
  const missing = first.topicPartitions.filter((partition) => !judged.has(partition));
  if (missing.length === 0) return;
  throw new AppError('usage', `no share has partition ${missing.join(', ')}: add verify --partitions ${missing}`);
}

function comparable(a: ShareReport, b: ShareReport): [what: string, a: string, b: string][] {
  const all = ({ topic, group, deadLetterTopic, topicPartitions, maxFindings, seen }: ShareReport) => ({
    'the topic': topic,
    'the group': group,
    'the dead-letter topic': deadLetterTopic,
    'the partitions of the topic': String(topicPartitions),
    '--max-findings': String(maxFindings),
    ...seen,
  });
  const others: Readonly<Record<string, string>> = all(b);
  return Object.entries<string>(all(a)).map(([what, value]) => [what, value, others[what] ?? '']);
}
