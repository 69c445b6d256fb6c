import { describe, expect, test } from 'bun:test';
import { onlyFinding, VerifyWorld } from '../../test/helpers/verify-world.ts';

describe('a manifest', () => {
  const line = { partition: 0, fault: 'fault', expectedReason: null };

  function injected(): VerifyWorld {
    const world = new VerifyWorld();
    world.order('a');
    const bad = world.bad();
    world.letter(bad, 'not_json');
    world.order('b');
    world.manifest.push({ ...line, offset: 0, order_uid: 'a', fault: 'duplicate' });
    world.manifest.push({ ...line, offset: bad, order_uid: 'x', expectedReason: 'not_json' });
    world.manifest.push({ ...line, offset: 2, order_uid: 'b' });
    return world;
  }

  test('that says what happened', async () => {
    const world = injected();
    expect(await world.verify()).toMatchObject({
      ok: true,
      manifest: { bad: 1, good: 2, matched: 3, beforeLog: 0 },
    });
    world.log.starts.set(0, 1);
    expect(await world.verify()).toMatchObject({ ok: true, manifest: { matched: 2, beforeLog: 1 } });
  });

  test('that expects another reason, a bad message, a good one, another order, a message that is not there', async () => {
    const changes = [
      { offset: 1, expectedReason: 'schema' },
      { offset: 0, expectedReason: 'schema' },
      { offset: 1, expectedReason: null },
      { offset: 2, order_uid: 'other' },
      { offset: 7 },
      { offset: 0, partition: 5 },
    ] as const;
    for (const change of changes) {
      const world = injected();
      const at = world.manifest.findIndex(({ offset }) => offset === change.offset);
      const entry = { ...line, order_uid: 'a', ...world.manifest[at], ...change };
      if (at >= 0 && !('partition' in change)) world.manifest[at] = entry;
      else world.manifest.push(entry);
      expect(onlyFinding(await world.verify())).toMatchObject({
        kind: 'manifest_mismatch',
        offset: change.offset,
      });
    }
  });

  test('whose bad message was sent twice, because the answer was lost', async () => {
    const world = injected();
    const again = world.log.append(0, 'nope', {}, 'x');
    world.letter(again, 'not_json');
    world.order('c');
    world.manifest.push({ ...line, offset: again + 1, order_uid: 'c' });
    expect(await world.verify()).toMatchObject({ ok: true, manifest: { matched: 4, resent: 1 } });
  });

  test('that does not know of a dead letter', async () => {
    const world = injected();
    world.manifest.splice(1, 1);
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'manifest_mismatch', offset: 1 });
  });
});
