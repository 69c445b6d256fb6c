import type { Finding, PartitionCounts, VerifyReport } from '../../../contract/verification.ts';
import { EXPLAINED } from '../../../verify/findings.ts';
import { numberTable } from '../output.ts';

const COLUMNS = [
  ['produced', 'produced'],
  ['stored', 'stored'],
  ['deadLettered', 'dead letters'],
  ['superseded', 'superseded'],
  ['identical', 'identical'],
  ['expired', 'expired'],
  ['pending', 'pending'],
  ['lost', 'lost'],
  ['noMessage', 'no message'],
] as const satisfies readonly (readonly [keyof PartitionCounts, string])[];

/** Extra colour for a terminal; the words are the same without. */
interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

const PLAIN: Paint = { good: (text) => text, bad: (text) => text, faint: (text) => text };

/** The report for people; its table takes `width` columns at most. */
export function renderReport(report: VerifyReport, width = Number.POSITIVE_INFINITY, paint = PLAIN): string {
  return [
    `topic ${report.topic}, group ${report.group}, dead letters in ${report.deadLetterTopic}`,
    '',
    ...table(report, paint, width),
    '',
    ...deadLetters(report),
    ...manifest(report),
    ...(report.compactedOrders === 0
      ? []
      : [`orders not judged: ${report.compactedOrders} whose messages compaction removed`]),
    ...findings(report, paint),
    ...report.unchecked.map((one, at) => paint.faint(`${at === 0 ? 'not checked: ' : '             '}${one}`)),
    verdict(report, paint),
  ].join('\n');
}

function table({ partitions, total }: VerifyReport, paint: Paint, width: number): string[] {
  const counts = (one: Readonly<PartitionCounts>): number[] => COLUMNS.map(([key]) => one[key]);
  return numberTable(
    ['partition', 'offsets', ...COLUMNS.map(([, title]) => title)],
    [
      ...partitions.map((one) => [one.partition, `${one.from}..${one.to}`, ...counts(one)]),
      ['total', '', ...counts(total)],
    ],
    width,
    paint.faint,
  );
}

function deadLetters({ deadLetters: letters }: VerifyReport): string[] {
  const reasons = Object.entries(letters.byReason).map(([reason, count]) => `${reason} ${count}`);
  const { otherTopics, beforeLog, afterRange, earlierTopics, compacted } = letters.ignored;
  const ignored = [
    [otherTopics, 'of other topics'],
    [beforeLog, 'of messages that have left the log'],
    [afterRange, 'of later messages'],
    [earlierTopics, 'of an earlier topic of this name'],
    [compacted, 'of messages that compaction has removed'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return [
    ...(reasons.length === 0 ? [] : [`dead letters: ${reasons.join(', ')}`]),
    ...(letters.repeated === 0
      ? []
      : [`${letters.repeated} dead letters were written again, as happens when a consumer is killed: fine`]),
    ...(letters.expired === 0
      ? []
      : [
          `${letters.expired} rejected messages have no dead letter any more: the dead-letter topic did not keep them all`,
        ]),
    ...(ignored.length === 0 ? [] : [`dead letters not judged: ${ignored.join(', ')}`]),
  ];
}

function manifest({ manifest: found }: VerifyReport): string[] {
  if (found === undefined) return [];
  const { bad, good, matched, resent, beforeLog } = found;
  const again = resent === 0 ? '' : `, ${resent} bad ones were sent twice`;
  const left = `${again}${beforeLog === 0 ? '' : `, ${beforeLog} have left the log`}`;
  return [`manifest: ${matched} of ${bad + good} lines are as injected (${bad} bad, ${good} good)${left}`];
}

function findings({ findings: groups }: VerifyReport, paint: Paint): string[] {
  if (groups.length === 0) return [];
  const lines = groups.flatMap(({ kind, count, listed }) => {
    const more = count - listed.length;
    return [
      (EXPLAINED.has(kind) ? paint.faint : paint.bad)(`${kind}: ${count}`),
      ...listed.map((one) => `  ${where(one)}${one.detail}`),
      ...(more > 0 ? [paint.faint(`  … and ${more} more`)] : []),
    ];
  });
  return ['', ...lines, ''];
}

function where({ partition, offset, orderUid }: Finding): string {
  const place = partition === undefined ? '' : `${partition}:${offset ?? '?'}  `;
  return orderUid === undefined ? place : `${place}${printable(orderUid)}  `;
}

/** A uid comes from whoever sent it, and must not steer the terminal. */
function printable(uid: string): string {
  return JSON.stringify(uid)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
}

function verdict(report: VerifyReport, paint: Paint): string {
  const { total, seconds, messagesPerSecond } = report;
  const rate = `${seconds.toFixed(1)} s, ${messagesPerSecond} messages/s`;
  const wrong = report.findings.filter(({ kind }) => report.ok || !EXPLAINED.has(kind));
  const kinds = wrong.map(({ kind, count }) => `${count} ${kind}`);
  if (report.ok) {
    const expired = total.expired === 0 ? '' : ` + ${total.expired} expired`;
    const known = kinds.length === 0 ? '' : `; ${kinds.join(', ')}`;
    return `${paint.good('OK')}: produced ${total.produced} = ${total.stored} stored + ${total.deadLettered} dead-lettered + ${total.superseded} superseded + ${total.identical} identical${expired}${known} (${rate})`;
  }
  return `${paint.bad('NOT OK')}: ${kinds.join(', ')} (${rate})`;
}
