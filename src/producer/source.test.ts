import { describe, expect, test } from 'bun:test';
import { FAULT_NAMES } from '../contract/generator.ts';
import { decodeOrder } from '../order/decode.ts';
import { parseFaults } from './faults.ts';
import { orderAt } from './generator.ts';
import type { SourceMessage } from './message-source.ts';
import { createSource } from './source.ts';

const all = FAULT_NAMES.filter((name) => name !== 'oversize');
const faults = parseFaults(`${all.map((name) => `${name}=3%`).join()},oversize=0.1%`);
const limits = { maxBytes: 524_288, now: (): number => Date.UTC(2026, 0, 1) };

function takeAll(source: ReturnType<typeof createSource>, step: number): SourceMessage[] {
  const messages: SourceMessage[] = [];
  for (;;) {
    const some = source.take(step);
    if (some.length === 0) return messages;
    messages.push(...some);
  }
}

describe('createSource', () => {
  test('gives the plain orders of the seed, keyed by order_uid', () => {
    const messages = takeAll(createSource({ seed: 1, start: 10, count: 25 }), 7);
    expect(messages.length).toBe(25);
    messages.forEach(({ key, value, note }, at) => {
      const order = orderAt({ seed: 1, index: 10 + at });
      expect(String(key)).toBe(order.order_uid);
      expect(JSON.parse(String(value))).toEqual(order);
      expect(note).toBeUndefined();
    });
  });

  test('gives the same messages however they are taken', () => {
    const one = takeAll(createSource({ seed: 3, count: 2_000, faults }), 1);
    const many = takeAll(createSource({ seed: 3, count: 2_000, faults }), 1_000);
    expect(one.length).toBe(2_000);
    expect(many).toEqual(one);
  });

  test('every message is what its note says, and is sent where the fault’s meaning says', () => {
    const messages = takeAll(createSource({ seed: 5, count: 5_000, faults }), 100);
    const first = new Map<string, number>();
    const kinds = new Set<string>();
    messages.forEach(({ key, value, note }, seq) => {
      const decoded = decodeOrder(value, limits);
      const uid = String(key);
      if (note === undefined) {
        expect(decoded.ok).toBe(true);
        expect(first.has(uid)).toBe(false);
        first.set(uid, seq);
        return;
      }
      kinds.add(note.fault);
      expect(note.seq).toBe(seq);
      expect(note.orderUid).toBe(uid);
      expect(decoded.ok ? null : decoded.reason).toBe(note.expectedReason);
      if (note.fault === 'duplicate' || note.fault === 'changed') {
        const original = messages[first.get(uid) ?? -1]?.value;
        expect(original?.equals(value ?? Buffer.alloc(0))).toBe(note.fault === 'duplicate');
      }
      if (note.fault === 'out_of_order') expect(seq).toBeGreaterThanOrEqual(note.index);
    });
    expect(kinds.size).toBe(FAULT_NAMES.length);
  }, 60_000);

  test('a live source dates orders now, and its duplicates are identical all the same', () => {
    let clock = Date.UTC(2025, 0, 1);
    const now = (): number => {
      clock += 1_000;
      return clock;
    };
    const messages = takeAll(createSource({ seed: 5, count: 1_000, faults: parseFaults('duplicate=20%'), now }), 10);
    const byKey = Map.groupBy(messages, ({ key }) => String(key));
    expect(byKey.size).toBeLessThan(900);
    for (const same of byKey.values()) {
      expect(new Set(same.map(({ value }) => String(value))).size).toBe(1);
    }
    const dates = messages
      .filter(({ note }) => note === undefined)
      .map(({ value }) => JSON.parse(String(value)).date_created);
    expect(dates).toEqual([...dates].sort());
    expect(dates[0]).toStartWith('2025-01-01');
  });
});
