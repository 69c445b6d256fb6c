import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../test/helpers/sample-orders.ts';
import { NOW, onlyFinding, TOPIC, VerifyWorld } from '../../test/helpers/verify-world.ts';

const CHANGED = { locale: 'fr' };
const TOMORROW = { date_created: '2026-01-17T00:00:00Z' };
const LATER = Date.parse('2026-01-18T00:00:00Z');

describe('every kind of wrong is found', () => {
  test('an order that is not stored', async () => {
    const world = new VerifyWorld();
    world.order('a');
    const offset = world.order('b');
    world.stored.rows.delete('b');
    const report = await world.verify();
    expect(onlyFinding(report)).toMatchObject({ kind: 'lost', partition: 0, offset, orderUid: 'b' });
    expect(report.total).toMatchObject({ produced: 2, stored: 1, lost: 1 });
  });

  test('an order that is not stored yet, and a bad message not reached yet', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.sendOnly(sampleOrder('b'));
    world.log.append(0, 'nope');
    const report = await world.verify();
    expect(report).toMatchObject({ ok: false, total: { pending: 2, lost: 0 } });
    expect(report.findings).toMatchObject([{ kind: 'not_yet_stored', count: 2 }]);
  });

  test('an altered order, with the field', async () => {
    const world = new VerifyWorld();
    const offset = world.order('a');
    const row = world.stored.rows.get('a');
    if (row !== undefined) row.order = { ...row.order, delivery: { ...row.order.delivery, city: 'x' } };
    const expected = { kind: 'altered', offset, orderUid: 'a', detail: '/delivery/city' } as const;
    expect(onlyFinding(await world.verify())).toMatchObject(expected);
    // A duplicate of it is no second finding.
    world.sendOnly(sampleOrder('a'));
    world.stored.next.set(0, 2);
    expect(onlyFinding(await world.verify())).toMatchObject(expected);
  });

  test('an order said to come from a topic nobody consumes', async () => {
    const world = new VerifyWorld();
    world.order('a');
    const row = world.stored.rows.get('a');
    if (row !== undefined) row.topic = 'elsewhere';
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'phantom_order', orderUid: 'a' });
  });

  test('a change that was overwritten, or never written', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.order('b');
    const offset = world.sendOnly(sampleOrder('a', 1, CHANGED));
    world.stored.next.set(0, offset + 1);
    const report = await world.verify();
    expect(onlyFinding(report)).toMatchObject({ kind: 'lost_update', offset, orderUid: 'a' });
    expect(report.total).toMatchObject({ stored: 2, superseded: 0, lost: 1 });
  });

  test('a stored order of a rejected message, of no message, of another order’s message, past the end', async () => {
    const world = new VerifyWorld();
    world.letter(world.bad(), 'not_json');
    world.log.append(0, undefined);
    world.order('a');
    for (const [uid, offset] of [
      ['of-bad', 0],
      ['of-none', 1],
      ['of-a', 2],
      ['past', 3],
    ] as const) {
      const row = {
        order: sampleOrder(uid),
        topic: TOPIC,
        partition: 0,
        offset,
        producedAt: NOW,
        earlier: false,
      };
      world.stored.rows.set(uid, row);
    }
    const report = await world.verify();
    expect(report.findings).toMatchObject([{ kind: 'phantom_order', count: 4 }]);
    expect(report.findings[0]?.listed.map((one) => one.orderUid).sort()).toEqual(['of-a', 'of-bad', 'of-none', 'past']);
  });

  test('an older version from another partition than the newest', async () => {
    const world = new VerifyWorld();
    world.order('a', 1);
    const offset = world.sendOnly(sampleOrder('a', 1, CHANGED));
    world.stored.next.set(0, offset + 1);
    const report = await world.verify();
    expect(report).toMatchObject({ ok: false, total: { stored: 1, superseded: 0, lost: 1 } });
    expect(report.findings).toMatchObject([
      { kind: 'lost_update', listed: [{ orderUid: 'a', partition: 0, offset }] },
      { kind: 'scattered_order', count: 1 },
    ]);
  });

  test.each([
    ['key', { key: 'other' }],
    ['headers', { headers: { trace: '8' } }],
    ['headers', { headers: { more: '' } }],
    ['dl-detail', { headers: { 'dl-detail': '/: something else' } }],
    ['dl-replays', { headers: { 'dl-replays': '1' } }],
    ['dl-at', { headers: { 'dl-at': '1' } }],
    ['dl-at', { headers: { 'dl-at': String(NOW + 3 * 3_600_000) } }],
    ['dl-at', { headers: { 'dl-at': 'yesterday' } }],
    ['dl-truncated', { headers: { 'dl-truncated': '3' } }],
    ['headers', { headers: { 'dl-headers-dropped': '1' } }],
    ['dl-headers-dropped', { headers: { 'dl-headers-dropped': '2' } }],
  ])('a dead letter whose %s was changed: %j', async (what, change) => {
    const world = new VerifyWorld(1);
    world.log.append(0, 'nope', { trace: '7', 'dl-replays': '0' }, 'k');
    world.stored.next.set(0, 1);
    world.letter(0, 'not_json');
    expect((await world.verify()).ok).toBe(true);
    world.letters.partitions.get(0)?.pop();
    world.letter(0, 'not_json', change);
    const finding = onlyFinding(await world.verify());
    expect(finding).toMatchObject({ kind: 'altered_dead_letter', offset: 0 });
    expect(finding.detail).toContain(what);
  });

  test('a dead letter of the database’s refusal whose key was changed', async () => {
    const world = new VerifyWorld(1);
    const offset = world.sendOnly(sampleOrder('a'));
    world.stored.next.set(0, 1);
    world.letter(offset, 'database_rejected', { key: 'other' });
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'altered_dead_letter', offset });
  });

  test('a fake letter past the end of the log, and one without headers', async () => {
    const world = new VerifyWorld(1);
    world.order('a');
    world.letter(9, 'not_json', { value: 'x' });
    world.letters.append(0, 'foreign');
    const report = await world.verify();
    expect(report.findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['wrongly_dead_lettered', 1],
      ['foreign_dead_letter', 1],
    ]);
    expect(report.findings[1]?.listed[0]?.detail).toStartWith(`at 0:1 of ${TOPIC}.dead-letters`);
    expect(report.deadLetters.ignored.afterRange).toBe(0);
  });

  test('an order of a topic that no group stores, and one at a negative offset', async () => {
    const world = new VerifyWorld(1);
    world.order('a');
    const row = { order: sampleOrder('x'), partition: 0, producedAt: NOW, earlier: false };
    world.stored.rows.set('of-no-topic', { ...row, topic: 'nobody', offset: 3 });
    world.stored.rows.set('negative', { ...row, topic: TOPIC, offset: -1 });
    const report = await world.verify();
    expect(report.findings).toMatchObject([{ kind: 'phantom_order', count: 2 }]);
  });

  test('produced_at and stored_at that can’t be', async () => {
    const HOUR = 3_600_000;
    for (const [change, detail] of [
      [{ producedAt: NOW + 500 }, 'produced_at'],
      [{ storedAt: NOW - 24 * HOUR }, 'stored_at'],
      [{ storedAt: NOW + 2 * 60_000 }, 'stored_at'],
    ] as const) {
      const world = new VerifyWorld(1);
      world.order('a');
      world.stored.moved.set(0, NOW);
      const row = world.stored.rows.get('a');
      if (row !== undefined) Object.assign(row, change);
      expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'altered', orderUid: 'a', detail });
    }
  });

  test('a stored order whose message has an absurd timestamp is believed', async () => {
    for (const timestamp of [1, 2 ** 63]) {
      const world = new VerifyWorld(1);
      const order = sampleOrder('a');
      const offset = world.log.append(0, JSON.stringify(order), { 'produced-at': String(NOW) }, 'a', timestamp);
      world.stored.rows.set('a', {
        order,
        topic: TOPIC,
        partition: 0,
        offset,
        producedAt: NOW,
        earlier: false,
      });
      world.stored.next.set(0, 1);
      world.stored.moved.set(0, NOW);
      expect((await world.verify()).findings).toEqual([]);
    }
  });

  test('an offset that was moved back, zeroed or deleted', async () => {
    for (const next of [1, 0, undefined]) {
      const world = new VerifyWorld(1);
      for (const uid of ['a', 'b', 'c']) world.order(uid);
      if (next === undefined) world.stored.next.delete(0);
      else world.stored.next.set(0, next);
      const report = await world.verify();
      expect(onlyFinding(report)).toMatchObject({
        kind: 'offset_moved_back',
        partition: 0,
        offset: next ?? 0,
      });
    }
    const world = new VerifyWorld(1);
    world.letter(world.bad(), 'not_json');
    world.stored.next.set(0, 0);
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'not_yet_stored', offset: 0 });
  });

  test('half orders', async () => {
    const world = new VerifyWorld();
    world.stored.lonelyItems.push('x');
    world.stored.bareOrders.push({ orderUid: 'y', partition: 0, offset: 7 });
    const kinds = (await world.verify()).findings.map(({ kind, count }) => [kind, count]);
    expect(kinds).toEqual([
      ['items_without_order', 1],
      ['order_without_items', 1],
    ]);
  });

  test('a rejected message without a dead letter', async () => {
    const world = new VerifyWorld();
    const offset = world.bad();
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'missing_dead_letter', offset });
    expect(onlyFinding(await world.verify({}, 'letters'))).toMatchObject({ kind: 'missing_dead_letter' });
  });

  test('a dead letter with other bytes, with no bytes, with another reason', async () => {
    for (const value of ['other', null]) {
      const world = new VerifyWorld();
      world.letter(world.bad(), 'not_json', { value });
      expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'altered_dead_letter', offset: 0 });
    }
    const world = new VerifyWorld();
    world.letter(world.bad(), 'schema');
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'wrong_reason', offset: 0 });
  });

  test('a good order in the dead letters, stored or not', async () => {
    const world = new VerifyWorld();
    const offset = world.order('a');
    world.letter(offset, 'schema');
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'wrongly_dead_lettered', orderUid: 'a' });
    world.stored.rows.clear();
    const report = await world.verify();
    expect(onlyFinding(report)).toMatchObject({ kind: 'wrongly_dead_lettered', offset });
    expect(report.total.lost).toBe(1);
  });

  test('an order that is stored and said to have been refused by the database', async () => {
    const world = new VerifyWorld();
    world.letter(world.order('a'), 'database_rejected');
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'wrongly_dead_lettered' });
  });

  test('a date said to have been in the future that was not', async () => {
    const world = new VerifyWorld();
    const offset = world.sendOnly(sampleOrder('a', 1, TOMORROW));
    world.stored.next.set(0, 1);
    world.letter(offset, 'future_date', { at: LATER });
    expect(onlyFinding(await world.verify({ now: () => LATER }))).toMatchObject({
      kind: 'wrongly_dead_lettered',
      offset,
    });
  });

  test('dead letters of no message, of a partition that is not there', async () => {
    const world = new VerifyWorld(1);
    world.log.append(0, undefined);
    world.order('a');
    world.letter(0, 'not_json', { value: 'x' });
    world.letter(4, 'not_json', { value: 'x', partition: 9 });
    const report = await world.verify();
    expect(report.findings).toMatchObject([{ kind: 'wrongly_dead_lettered', count: 2 }]);
  });

  test('messages lost by retention: written down, or not noticed yet', async () => {
    const world = new VerifyWorld();
    for (const uid of ['a', 'b', 'c', 'd']) world.order(uid);
    world.stored.next.set(0, 1);
    world.log.starts.set(0, 2);
    world.stored.lost.push({ partition: 1, from: 3, to: 9, reason: 'retention' });
    expect((await world.verify()).findings).toMatchObject([
      { kind: 'lost_range', count: 2 },
      { kind: 'offset_moved_back', count: 1 },
    ]);
  });

  test('a cut of the log, and nothing wrong with the dead letters of what was cut off', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.letter(5, 'not_json', { value: 'x', partition: 9 });
    world.stored.cuts.push({ partition: 9, from: 3, to: 8 });
    const report = await world.verify();
    expect(onlyFinding(report)).toMatchObject({ kind: 'log_cut', partition: 9, offset: 3 });
    expect(report.deadLetters.ignored.beforeLog).toBe(1);
  });

  test('an offset the log does not reach', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.stored.next.set(0, 5);
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'offset_past_end', offset: 5 });
  });

  test('what differs from an earlier topic’s order', async () => {
    const world = new VerifyWorld();
    const offset = world.sendOnly(sampleOrder('a', 1, CHANGED));
    world.stored.next.set(0, 1);
    const row = {
      order: sampleOrder('a'),
      topic: TOPIC,
      partition: 0,
      offset: 800,
      producedAt: NOW,
      earlier: true,
    };
    world.stored.rows.set('a', row);
    expect(onlyFinding(await world.verify())).toMatchObject({ kind: 'lost_update', offset });
  });

  test('more than can be listed is counted', async () => {
    const world = new VerifyWorld();
    for (let at = 0; at < 700; at++) {
      world.order(`o-${at}`);
      world.stored.rows.delete(`o-${at}`);
      const order = sampleOrder(`p-${at}`);
      world.stored.rows.set(`p-${at}`, {
        order,
        topic: TOPIC,
        partition: 0,
        offset: at,
        producedAt: NOW,
        earlier: false,
      });
    }
    const report = await world.verify({ maxFindings: 3 });
    expect(report.findings.map(({ kind, count, listed }) => [kind, count, listed.length])).toEqual([
      ['lost', 700, 3],
      ['phantom_order', 700, 3],
    ]);
  });
});
