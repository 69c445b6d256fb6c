import type { ReadLatencies, ReadOutcome, ReadVersion, StaleAnswer } from '../../../contract/reader.ts';
import { printable } from '../../../lib/printable.ts';
import type { ReadTally } from '../../../reader/read-tally.ts';
import { numberTable } from '../output.ts';

type Measured = Omit<ReadLatencies, 'outcome'>;

/** What `read` has found, as `--json` prints it. */
interface ReadReport {
  readonly url: string;
  readonly seconds: number;
  readonly knownOrders: number;
  /** Answered per second. */
  readonly rate: number;
  readonly answered: number;
  readonly failed: number;
  readonly stale: number;
  /** ms, from the instant each request was due. */
  readonly latencies: readonly (Measured & { readonly outcome: ReadOutcome | 'all' })[];
  /** By kind; those that have not occurred are absent. */
  readonly failures: Readonly<Record<string, { readonly count: number; readonly last: string }>>;
  /** The latest of each order, newest first. */
  readonly staleAnswers: readonly StaleAnswer[];
}

export function readReport(
  tally: ReadTally,
  { seconds, ...rest }: Pick<ReadReport, 'url' | 'seconds' | 'knownOrders'>,
): ReadReport {
  const { all, failures, failureTexts, failed, latencies, stale, staleAnswers } = tally;
  const kinds = Object.entries(failures).filter(([, count]) => count > 0);
  const texts = new Map<string, string>(Object.entries(failureTexts));
  return {
    ...rest,
    seconds: Number(seconds.toFixed(3)),
    rate: Number((all.count / seconds).toFixed(1)),
    answered: all.count,
    failed,
    stale,
    latencies: [...latencies, { outcome: 'all', ...all }],
    failures: Object.fromEntries(kinds.map(([kind, count]) => [kind, { count, last: texts.get(kind) ?? '' }])),
    staleAnswers,
  };
}

const NAMES: Readonly<Record<ReadOutcome | 'all', string>> = {
  l1: 'server memory',
  redis: 'Redis',
  postgresql: 'PostgreSQL',
  other: 'no X-Cache',
  list: 'lists',
  absent: 'no such order',
  all: 'all',
};

/** The same for people, in lines of `width` characters. */
export function readReportLines(report: ReadReport, width: number): string[] {
  const { latencies, failures, stale, staleAnswers, seconds, rate, failed, url } = report;
  const rows = latencies.map(({ outcome, count, p50, p90, p99, p999, max }) => [
    NAMES[outcome],
    count,
    ...[p50, p90, p99, p999, max].map((ms) => ms.toFixed(ms < 100 ? 2 : 0)),
  ]);
  const failureRows = Object.entries(failures).map(
    ([kind, { count, last }]) => `  ${kind} ${count}: ${printable(last)}`,
  );
  return [
    `${url}: ${rate} answers/s for ${seconds.toFixed(1)} s; latency in ms, from the instant each request was due`,
    '',
    ...numberTable(['answered by', 'requests', 'p50', 'p90', 'p99', 'p99.9', 'max'], rows, width),
    '',
    `failed ${failed}`,
    ...failureRows,
    `stale ${stale}`,
    ...staleAnswers.flatMap(staleLines),
  ];
}

function staleLines({ uid, at, outcome, answered, before }: StaleAnswer): string[] {
  const got = answered === undefined ? 'no such order' : versionText(answered);
  return [
    `  ${new Date(at).toISOString()} ${printable(uid)} by ${NAMES[outcome]}`,
    `    answered ${got}`,
    `    before   ${versionText(before)}`,
  ];
}

function versionText(version: ReadVersion | Pick<ReadVersion, 'storedAt'>): string {
  const stored = `stored ${new Date(version.storedAt).toISOString()}`;
  return 'offset' in version
    ? `${printable(version.topic)} ${version.partition}:${version.offset}, ${stored}`
    : `${stored} (a list)`;
}
