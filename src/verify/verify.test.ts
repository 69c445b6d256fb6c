import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../test/helpers/sample-orders.ts';
import { NOW, onlyFinding, TOPIC, VerifyWorld } from '../../test/helpers/verify-world.ts';

const CHANGED = { locale: 'fr' };
const TOMORROW = { date_created: '2026-01-17T00:00:00Z' };
const LATER = Date.parse('2026-01-18T00:00:00Z');

describe('behind an open transaction', () => {
  test('acknowledged messages are pending, with whose it is, and nothing is OK', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.sendOnly(sampleOrder('b'));
    world.sendOnly(sampleOrder('c'));
    world.log.open.set(0, 1);
    const report = await world.verify();
    expect(onlyFinding(report)).toMatchObject({ kind: 'pending', partition: 0, offset: 1 });
    expect(onlyFinding(report).detail).toBe(
      '2 offsets of orders from here on wait behind an open transaction: payments (producer 12), open since 2026-01-15T12:00:00.000Z, aborted after 60 s',
    );
    expect(report.total).toMatchObject({ produced: 3, stored: 1, pending: 2, noMessage: 0 });
    expect(report.partitions[0]).toMatchObject({ from: 0, to: 3 });
  });

  test('dead letters are not missing, but not to be seen', async () => {
    const world = new VerifyWorld();
    world.letter(world.bad(), 'not_json');
    world.letters.open.set(0, 0);
    const report = await world.verify();
    expect(report.findings.map(({ kind, count }) => [kind, count])).toEqual([['pending', 2]]);
    expect(report.total).toMatchObject({ pending: 1, lost: 0 });
  });
});

describe('the innocent are not accused', () => {
  const compacted = new Set([TOPIC]);

  test('on a compacted topic: orders and dead letters whose messages compaction has removed', async () => {
    const world = new VerifyWorld(1);
    world.order('a');
    world.letter(world.bad(), 'not_json');
    world.order('b');
    // A's message, and the bad one, had a later one of the same key, which is gone by now, too.
    for (const offset of [0, 1]) world.log.partitions.get(0)?.splice(offset, 1, undefined);
    const report = await world.verify({ compacted });
    expect(report).toMatchObject({ ok: true, findings: [], compactedOrders: 1, total: { stored: 1 } });
    expect(report.deadLetters.ignored.compacted).toBe(1);
    // Where nothing is compacted both are of no message.
    expect((await world.verify()).findings.map(({ kind }) => kind)).toEqual(['phantom_order', 'wrongly_dead_lettered']);
  });

  test('on a compacted topic an order that claims another message is found all the same', async () => {
    const world = new VerifyWorld(1);
    world.order('a');
    world.order('b');
    world.log.partitions.get(0)?.splice(0, 1, undefined);
    world.stored.rows.set('claims-b', {
      order: sampleOrder('c'),
      topic: TOPIC,
      partition: 0,
      offset: 1,
      producedAt: NOW,
      earlier: false,
    });
    const report = await world.verify({ compacted });
    expect(onlyFinding(report)).toMatchObject({ kind: 'phantom_order', orderUid: 'claims-b' });
    expect(report.compactedOrders).toBe(1);
  });

  test('a letter that was cut at the broker’s limit is explained, with or without its headers', async () => {
    for (const dropped of [undefined, '1']) {
      const world = new VerifyWorld(1);
      world.log.append(0, 'nope, and on it goes', { trace: '7' }, 'k');
      world.stored.next.set(0, 1);
      world.letter(0, 'not_json');
      const letters = world.letters.partitions.get(0) ?? [];
      const whole = letters.pop();
      if (whole === undefined) throw new Error('no letter');
      const headers = Object.fromEntries(whole.headers.map(([name, text]) => [`${name}`, `${text}`]));
      const { trace, ...own } = headers;
      const cut = {
        ...own,
        'dl-truncated': '20',
        ...(dropped ? { 'dl-headers-dropped': dropped } : { trace }),
      };
      world.letters.append(0, 'nope, an', cut, 'k');
      const report = await world.verify();
      expect(report.ok).toBe(true);
      expect(report.findings).toMatchObject([{ kind: 'cut_dead_letter', count: 1 }]);
      expect(report.findings[0]?.listed[0]?.detail).toMatch(
        dropped ? /holds 8 of 20 bytes, without its 1 headers/ : /holds 8 of 20 bytes: /,
      );
      expect(report.total).toMatchObject({ deadLettered: 1, lost: 0 });
    }
  });

  test('a letter that went without a time of its own is as good as any', async () => {
    const world = new VerifyWorld(1);
    world.letter(world.bad(), 'not_json');
    const letters = world.letters.partitions.get(0) ?? [];
    const [letter] = letters;
    if (letter !== undefined) letters[0] = { ...letter, timestamp: -1 };
    expect((await world.verify()).findings).toEqual([]);
  });

  test('on a compacted dead-letter topic a letter may have given way to a later one', async () => {
    const world = new VerifyWorld(1);
    world.bad();
    const report = await world.verify({ compacted: new Set([`${TOPIC}.dead-letters`]) });
    expect(report).toMatchObject({ ok: true, deadLetters: { expired: 1 } });
  });
});

describe('all is accounted for', () => {
  test('orders, a duplicate, a change, a dead letter, gaps', async () => {
    const world = new VerifyWorld(2);
    for (let at = 0; at < 20; at++) world.order(`plain-${at}`, at % 2);
    world.order('a');
    world.order('a');
    world.log.append(0, undefined);
    world.order('b', 1);
    world.order('b', 1, CHANGED);
    world.letter(world.bad(), 'not_json');
    world.letter(world.bad(null), 'tombstone');
    const report = await world.verify();
    expect(report.findings).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.total).toEqual({
      produced: 26,
      stored: 22,
      deadLettered: 2,
      superseded: 1,
      identical: 1,
      expired: 0,
      pending: 0,
      lost: 0,
      noMessage: 1,
    });
    expect(report.partitions.map(({ partition, from, to }) => [partition, from, to])).toEqual([
      [0, 0, 15],
      [1, 0, 12],
    ]);
    expect(report.deadLetters.byReason).toEqual({ not_json: 1, tombstone: 1 });
  });

  test('an order that was deleted for its age, told from one that is lost', async () => {
    const world = new VerifyWorld();
    const day = 86_400_000;
    const send = (uid: string, age: number) => {
      world.log.append(0, JSON.stringify(sampleOrder(uid)), {}, null, NOW - age);
      world.stored.next.set(0, (world.stored.next.get(0) ?? 0) + 1);
    };
    send('old', 20 * day);
    send('young', day);
    expect(await world.verify()).toMatchObject({ ok: false, total: { lost: 2, expired: 0 } });
    world.stored.expired = NOW - 15 * day;
    const report = await world.verify();
    expect(report).toMatchObject({ ok: false, total: { lost: 1, expired: 1 } });
    expect(onlyFinding(report)).toMatchObject({ kind: 'lost', orderUid: 'young' });
    expect(report.unchecked.at(-1)).toContain('messages up to 2025-12-31T12:00:00.000Z that are not stored');
  });

  test('an empty topic without a dead-letter topic', async () => {
    expect(await new VerifyWorld().verify({}, 'letters')).toMatchObject({ ok: true, total: { produced: 0 } });
  });

  test('an order that comes back to what is stored within one batch', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.sendOnly(sampleOrder('a', 1, CHANGED));
    world.order('a');
    expect(await world.verify()).toMatchObject({ ok: true, total: { superseded: 1, identical: 1 } });
  });

  test('the same, when the last one has another key and so another partition', async () => {
    for (const partitions of [
      [0, 1],
      [1, 0],
    ]) {
      const [here = 0, there = 1] = partitions;
      const world = new VerifyWorld();
      world.order('a', here);
      const changed = world.sendOnly(sampleOrder('a', 1, CHANGED), here);
      world.stored.next.set(here, changed + 1);
      world.order('a', there);
      expect(await world.verify()).toMatchObject({ ok: true, total: { superseded: 1, identical: 1 } });
    }
  });

  test('versions of one order in two partitions: the newest is stored, and the order is named', async () => {
    const world = new VerifyWorld();
    world.order('plain', 1);
    world.order('a', 1);
    const offset = world.order('a', 0, CHANGED);
    // Read later, but produced before: it changes nothing.
    world.order('a', 1, { locale: 'old' }, NOW);
    expect(world.stored.rows.get('a')).toMatchObject({ partition: 0, offset });
    const report = await world.verify();
    expect(report).toMatchObject({ ok: true, total: { stored: 2, superseded: 2, lost: 0 } });
    expect(report.findings).toMatchObject([
      { kind: 'scattered_order', count: 1, listed: [{ orderUid: 'a', partition: 1 }] },
    ]);
  });

  test('a clock that went back in one of the partitions accuses nobody', async () => {
    const world = new VerifyWorld();
    world.order('a', 0, {}, NOW + 100);
    world.order('a', 1, { locale: 'other' }, NOW + 70);
    world.order('a', 0, { locale: 'last' }, NOW + 50);
    expect(await world.verify()).toMatchObject({ ok: true, findings: [{ kind: 'scattered_order' }] });
  });

  test('a dead letter twice, as after a crash between the letter and the commit', async () => {
    const world = new VerifyWorld();
    const bad = world.bad();
    world.letter(bad, 'not_json');
    world.letter(bad, 'not_json', { at: NOW + 5 });
    expect(await world.verify()).toMatchObject({ ok: true, deadLetters: { read: 2, repeated: 1 } });
  });

  test('a date that was in the future when it was rejected, and is not any more', async () => {
    const world = new VerifyWorld();
    const offset = world.sendOnly(sampleOrder('a', 1, TOMORROW));
    world.stored.next.set(0, 1);
    world.letter(offset, 'future_date', { at: NOW });
    expect(await world.verify({ now: () => LATER })).toMatchObject({
      ok: true,
      deadLetters: { byReason: { future_date: 1 } },
    });
  });

  test('an order the database refused', async () => {
    const world = new VerifyWorld();
    const offset = world.sendOnly(sampleOrder('a'));
    world.stored.next.set(0, 1);
    world.letter(offset, 'database_rejected');
    expect(await world.verify()).toMatchObject({ ok: true, total: { deadLettered: 1, lost: 0 } });
  });

  test('letters of other topics, of messages that have left the log, and foreign ones', async () => {
    const world = new VerifyWorld();
    world.order('a');
    world.order('b');
    world.log.starts.set(0, 1);
    world.letter(0, 'not_json', { value: 'x', topic: 'others' });
    world.letter(0, 'not_json', { value: 'x' });
    const report = await world.verify();
    expect(report.ok).toBe(true);
    expect(report.deadLetters.ignored).toEqual({
      otherTopics: 1,
      beforeLog: 1,
      afterRange: 0,
      earlierTopics: 0,
      compacted: 0,
    });
  });

  test('what was stored and rejected from an earlier topic of the same name', async () => {
    const world = new VerifyWorld();
    world.stored.until = NOW - 1_000;
    world.order('a');
    const old = { topic: TOPIC, partition: 0, producedAt: NOW, earlier: true };
    world.stored.rows.set('same', { ...old, order: sampleOrder('same'), offset: 900 });
    world.stored.rows.set('gone', { ...old, order: sampleOrder('gone'), offset: 0 });
    world.order('same');
    world.letter(0, 'not_json', { value: 'x', at: NOW - 2_000 });
    expect(await world.verify()).toMatchObject({
      ok: true,
      total: { stored: 1, identical: 1 },
      deadLetters: { ignored: { earlierTopics: 1 } },
    });
  });

  test('messages that come in while it runs are left out', async () => {
    const world = new VerifyWorld();
    world.order('a');
    const ends = new Map([
      [0, 1],
      [1, 0],
    ]);
    world.sendOnly(sampleOrder('b'));
    expect(await world.verify({ ends })).toMatchObject({ ok: true, total: { produced: 1 } });
  });

  test('what retention removes while it runs is not held against the database', async () => {
    const world = new VerifyWorld();
    for (let at = 0; at < 600; at++) world.order(`o-${at}`);
    let looks = 0;
    world.log.onRanges = () => {
      looks += 1;
      if (looks !== 1) return;
      world.log.starts.set(0, 2);
      world.log.partitions.set(0, world.log.partitions.get(0)?.with(0, undefined).with(1, undefined) ?? []);
    };
    expect(await world.verify()).toMatchObject({ ok: true, total: { produced: 598, noMessage: 2 } });
  });
});

test('it stops when it is told to', async () => {
  const world = new VerifyWorld();
  world.order('a');
  const signal = AbortSignal.abort();
  await expect(world.verify({ signal })).rejects.toMatchObject({ code: 'aborted' });
});
