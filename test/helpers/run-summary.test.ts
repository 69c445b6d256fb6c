import { expect, test } from 'bun:test';
import { add, summarize } from './run-summary.ts';

const report = (attributes: string): string => `<?xml version="1.0"?>\n<testsuites ${attributes}>\n</testsuites>\n`;

test('counts come from the report', () => {
  const text = report('name="bun test" tests="10" assertions="40" failures="2" skipped="3" time="1.5"');
  expect(summarize(text, 1)).toEqual({ passed: 5, failed: 2, skipped: 3 });
});

test('a bad exit that no failed test explains is a failure', () => {
  expect(summarize(report('tests="4" failures="0" skipped="0"'), 1)).toEqual({
    passed: 4,
    failed: 1,
    skipped: 0,
  });
});

test('no report, or half of one, is a failure', () => {
  expect(summarize(undefined, 0).failed).toBe(1);
  expect(summarize('<testsuites tests="4" failures="0">\n<testsuite', 0).failed).toBe(1);
});

test('summaries add up', () => {
  expect(add({ passed: 1, failed: 2, skipped: 3 }, { passed: 4, failed: 5, skipped: 6 })).toEqual({
    passed: 5,
    failed: 7,
    skipped: 9,
  });
});
