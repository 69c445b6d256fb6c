import { describe, expect, test } from 'bun:test';
import { letterRecord } from '../../../test/helpers/letter-records.ts';
import { VerifyWorld } from '../../../test/helpers/verify-world.ts';
import { parseLetter, summaryOf } from '../../dead-letters/letter.ts';
import { letterTable } from './commands/dead-letters-text.ts';
import { statusLines } from './commands/engines.ts';
import { renderReport } from './commands/verify-report.ts';
import { numberTable, textTable } from './output.ts';

const OFFSET = 1_234_567_890;

describe('no list needs more than 80 columns', () => {
  const fits = (text: string): void => {
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  };

  test('letters with a long key, sent back often', () => {
    const record = { key: 'k'.repeat(60), reason: 'database_rejected', replays: 12, offset: OFFSET };
    const letter = parseLetter('t', 117, letterRecord(record));
    fits(letterTable([summaryOf(letter, { attempts: 2, at: 0 })], 80));
  });

  test('a verification of much', async () => {
    const report = await new VerifyWorld().verify();
    const counts = { produced: 9 * OFFSET, stored: OFFSET, deadLettered: OFFSET, superseded: OFFSET };
    const total = { ...counts, identical: OFFSET, expired: 0, pending: 0, lost: OFFSET, noMessage: OFFSET };
    const partition = { partition: 117, from: OFFSET, to: 2 * OFFSET, ...total };
    const text = renderReport({ ...report, total, partitions: [partition, partition] }, 80);
    const list = text.slice(0, text.indexOf('not checked'));
    fits(list);
    for (const title of ['produced', 'dead letters', 'identical', 'lost', 'no message']) expect(list).toContain(title);
    expect(list).not.toContain('pending');
  });

  test('offsets of a long log', () => {
    const row = { partition: 117, start: OFFSET, end: 9 * OFFSET, stored: OFFSET, committed: null };
    fits(numberTable([...Object.keys(row), 'ignored'], [[...Object.values(row), true]], 80).join('\n'));
  });

  test('engines', () => {
    const dataFolder = '/srv/test-service/.data/postgresql';
    const local = { pid: 4_194_304, owner: 'run', users: 3, dataFolder, logFile: '' } as const;
    const status = { engine: 'postgresql', address: '192.168.100.100:55432', next: 'use' } as const;
    const text = statusLines([{ ...status, answer: 'answers', version: '18.4', local }], 80);
    expect(text).toMatch(/^postgresql {2}192.* {2}answers, local 18.4, pid 4194304, by `run`\n {2}data in /);
    fits(text);
  });
});

test('columns stand under their titles', () => {
  expect(
    numberTable(
      ['n', 'offset'],
      [
        [1, 1_000],
        [20, null],
      ],
      80,
    ),
  ).toEqual([' n  offset', ' 1    1000', '20       -']);
  expect(
    textTable(
      ['A', 'B', 'C'],
      [
        ['one', '', 'x'],
        ['1', '', ''],
      ],
      80,
    ),
  ).toEqual(['A    C', 'one  x', '1']);
});

test('what is too wide loses columns of zeros, then goes on below', () => {
  expect(numberTable(['n', 'aaa', 'bbb', 'ccc'], [[1, 2, 0, 3]], 9)).toEqual([
    'n  aaa',
    '1    2',
    '',
    'n  ccc',
    '1    3',
  ]);
  expect(textTable(['A'], [['much too long']], 6)).toEqual(['A', 'much …']);
});
