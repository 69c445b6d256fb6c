import { expect, test } from 'bun:test';
import { NOW, onlyFinding, VerifyWorld } from '../../test/helpers/verify-world.ts';

test('after retention of the dead letters: what was removed is not missing, what must be there is', async () => {
  const world = new VerifyWorld(1);
  for (let at = 0; at < 4; at++) world.bad();
  for (const offset of [0, 1, 2]) world.letter(offset, 'not_json');
  world.letters.starts.set(0, 2);
  const report = await world.verify();
  expect(onlyFinding(report)).toMatchObject({ kind: 'missing_dead_letter', offset: 3 });
  expect(report.deadLetters).toMatchObject({ read: 1, expired: 2 });
  expect(report.total).toMatchObject({ deadLettered: 3, lost: 1 });
});

test('nor has a letter expired of a message that was written long after the first letter that is left', async () => {
  const world = new VerifyWorld(2);
  const before = NOW - 3 * 3_600_000;
  for (const offset of [0, 1]) {
    world.log.append(0, 'nope', {}, undefined, before);
    world.letter(offset, 'not_json', { at: before });
  }
  world.stored.next.set(0, 2);
  world.letters.starts.set(0, 1);
  world.bad('nope', 1);
  const report = await world.verify();
  expect(onlyFinding(report)).toMatchObject({ kind: 'missing_dead_letter', partition: 1, offset: 0 });
  expect(report.deadLetters).toMatchObject({ read: 1, expired: 1 });
});
