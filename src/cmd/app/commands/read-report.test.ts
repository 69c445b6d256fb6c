import { expect, test } from 'bun:test';
import { ReadTally } from '../../../reader/read-tally.ts';
import { readReport, readReportLines } from './read-report.ts';

const version = {
  topic: 'orders',
  partition: 1,
  offset: 7,
  producedAt: 0,
  storedAt: Date.parse('2026-01-01T00:00:00Z'),
};

function filled(): ReadTally {
  const tally = new ReadTally();
  for (let ms = 1; ms <= 1000; ms++) tally.note(ms % 2 === 0 ? 'l1' : 'redis', ms);
  tally.note('list', 123_456);
  tally.fail('http_5xx', 'answered with 503', 3);
  for (let at = 0; at < 30; at++)
    tally.noteStale({
      uid: `order-${at}`,
      at: 0,
      outcome: at === 29 ? 'absent' : 'l1',
      answered: at === 29 ? undefined : { ...version, offset: 6 },
      before: version,
    });
  return tally;
}

test('percentiles by tier, failures by kind, and the latest stale answers', () => {
  const report = readReport(filled(), { url: 'http://a:1', seconds: 10, knownOrders: 2 });
  expect(report).toMatchObject({ rate: 100.1, answered: 1001, failed: 3, stale: 30 });
  expect(report.failures).toEqual({ http_5xx: { count: 3, last: 'answered with 503' } });
  const [l1, redis, , all] = report.latencies;
  expect([l1?.outcome, l1?.count, redis?.count, all?.outcome]).toEqual(['l1', 500, 500, 'all']);
  // Three significant digits.
  for (const [found, expected] of [
    [l1?.p50, 500],
    [l1?.p99, 990],
    [l1?.max, 1000],
    [all?.p90, 901],
  ] as const)
    expect(Math.abs((found ?? 0) / expected - 1)).toBeLessThan(0.005);
  expect([report.staleAnswers.length, report.staleAnswers[0]?.uid]).toEqual([20, 'order-29']);
});

test('the same for people fits 80 columns, and what is text of others steers no terminal', () => {
  const tally = filled();
  tally.fail('malformed', '\u001b[2J');
  const lines = readReportLines(readReport(tally, { url: 'http://a:1', seconds: 10, knownOrders: 2 }), 80);
  const [, ...rest] = lines;
  expect(Math.max(...rest.map((line) => line.length))).toBeLessThanOrEqual(80);
  const text = lines.join('\n');
  expect(text).not.toContain('\u001b');
  expect(text).toContain('server memory');
  expect(text).toContain('stale 30');
  expect(text).toContain('answered no such order\n    before   orders 1:7, stored 2026-01-01T00:00:00.000Z');
});
