import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../test/helpers/sample-orders.ts';
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

  test('that does not mention everything: what lies between its lines may be anything', async () => {
    const world = new VerifyWorld();
    const partial = true;
    world.manifest.push({ ...line, partial, offset: world.order('a'), order_uid: 'a', fault: 'duplicate' });
    const bad = world.bad();
    world.letter(bad, 'not_json');
    world.manifest.push({ ...line, partial, offset: world.order('b'), order_uid: 'b' });
    expect(await world.verify()).toMatchObject({ ok: true, manifest: { good: 2, matched: 2 } });
    world.manifest.push({ ...line, partial, offset: bad, order_uid: 'x', expectedReason: 'schema' });
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'manifest_mismatch', offset: bad });
  });

  test('whose bad message was sent twice, because the answer was lost', async () => {
    const world = injected();
    const again = world.log.append(0, 'nope', {}, 'x');
    world.letter(again, 'not_json');
    world.order('c');
    world.manifest.push({ ...line, offset: again + 1, order_uid: 'c' });
    expect(await world.verify()).toMatchObject({ ok: true, manifest: { matched: 4, resent: 1 } });
  });

  describe('of lives', () => {
    const step = { partition: 0, fault: null, expectedReason: null, order_uid: 'a' } as const;
    const withStatus = (status: number) => ({ items: sampleOrder('a').items.map((item) => ({ ...item, status })) });

    function lived(...statuses: number[]): VerifyWorld {
      const world = new VerifyWorld();
      for (const status of statuses) world.order('a', 0, withStatus(status));
      world.manifest.push({ ...step, offset: 1, step: 1, state: 'paid' });
      world.manifest.push({ ...step, offset: statuses.length - 1, step: 2, state: 'assembled' });
      return world;
    }

    test('whose steps are in the log in their order', async () => {
      expect(await lived(100, 200, 201).verify()).toMatchObject({ ok: true, manifest: { good: 2, matched: 2 } });
    });

    test('an older version after a step', async () => {
      const found = onlyFinding(await lived(100, 200, 100, 201).verify());
      expect(found).toMatchObject({
        kind: 'manifest_mismatch',
        offset: 2,
        detail: 'an older version after step 1, paid',
      });
    });

    test('a step in another state, and one after a later one', async () => {
      expect(onlyFinding(await lived(100, 200, 204).verify())).toMatchObject({
        detail: 'step 2, assembled, was sent: no item is in that state',
      });
      const world = lived(100, 200, 200, 201);
      world.manifest.splice(0, 1, { ...step, offset: 1, step: 3, state: 'paid' });
      expect(onlyFinding(await world.verify())).toMatchObject({
        detail: 'step 2, assembled, was sent after step 3, paid',
      });
    });
  });

  test('that does not know of a dead letter', async () => {
    const world = injected();
    world.manifest.splice(1, 1);
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'manifest_mismatch', offset: 1 });
  });
});
