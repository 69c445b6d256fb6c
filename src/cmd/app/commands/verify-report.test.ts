import { expect, test } from 'bun:test';
import { VerifyWorld } from '../../../../test/helpers/verify-world.ts';
import { renderReport } from './verify-report.ts';

test('a good report has a table and a sum', async () => {
  const world = new VerifyWorld();
  world.order('a');
  world.order('a');
  world.letter(world.bad('nope', 1), 'not_json', { partition: 1 });
  const text = renderReport({ ...(await world.verify()), seconds: 2, messagesPerSecond: 1 });
  expect(text).toContain('OK: produced 3 = 1 stored + 1 dead-lettered + 0 superseded + 1 identical (2.0 s');
  expect(text).toMatch(/ +0 +0\.\.2 +2 +1 +0 +0 +1 +0 +0 +0 +0\n +1 +0\.\.1 +1 +0 +1/);
  expect(text).toContain('dead letters: not_json 1');
});

test('a bad one lists where, and keeps a uid from steering the terminal', async () => {
  const world = new VerifyWorld();
  const uid = 'a\u001b[2Jb\u009bc\u202e';
  for (const name of [uid, 'b', 'c']) {
    world.order(name);
    world.stored.rows.delete(name);
  }
  const text = renderReport(await world.verify({ maxFindings: 2 }));
  expect(text).toContain('lost: 3\n  0:0  a\\u001b[2Jb?c?  not stored');
  expect(text).toContain('… and 1 more');
  expect(text).toContain('NOT OK: 3 lost');
});

test('an order that clocks decided on is told of, and is fine', async () => {
  const world = new VerifyWorld();
  world.order('a', 1);
  world.order('a', 0, { locale: 'fr' });
  expect(renderReport(await world.verify())).toMatch(/^OK: .*; 1 scattered_order/m);
});
