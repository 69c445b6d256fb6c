import { expect, test } from 'bun:test';
import { reportIn } from './verify-process.ts';

test('a report is taken when it is whole, whatever else was said', () => {
  const output = '{"ok":false,"seconds":1}\n';
  expect(reportIn({ output, errors: 'verified 3', end: 'exit code 1' })).toMatchObject({
    ok: false,
    seconds: 1,
  });
});

test('without one, what the process said for people, or how it ended, is why', () => {
  const why = (output: string, errors: string) => () => reportIn({ output, errors, end: 'SIGKILL' });
  expect(why('', 'verified 3\nerror: Kafka does not answer\n')).toThrow(/^Kafka does not answer$/);
  expect(why('', '')).toThrow('ended with SIGKILL');
  expect(why('{"ok":true,"parti', '')).toThrow('ended with SIGKILL');
});
