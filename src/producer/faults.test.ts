import { describe, expect, test } from 'bun:test';
import { FAULT_NAMES, FAULT_REASONS } from '../contract/generator.ts';
import { decodeOrder } from '../order/decode.ts';
import { FaultPlan, parseFaults, spoil } from './faults.ts';
import { orderAt } from './generator.ts';

const limits = { maxBytes: 524_288, now: (): number => Date.UTC(2026, 0, 1) };

describe('parseFaults', () => {
  test('reads percentages and fractions', () => {
    expect([...parseFaults('malformed=0.5%, duplicate=0.05,nul=.001')]).toEqual([
      ['malformed', 0.005],
      ['duplicate', 0.05],
      ['nul', 0.001],
    ]);
    expect(parseFaults('').size).toBe(0);
    expect(parseFaults('malformed=40%,duplicate=60%').size).toBe(2);
  });

  test.each([
    ['malfromed=1%', 'unknown fault "malfromed"; allowed: malformed, '],
    ['malformed=60%,duplicate=0.5', 'add up to 110.00 %'],
    ['malformed=101%', 'from 0 to 100 %'],
    ['malformed=-1%', 'from 0 to 100 %'],
    ['malformed', 'write it as malformed=0.5%'],
    ['malformed=1%=2', 'write it as'],
    ['malformed=x', 'write it as'],
    ['nul=1%,nul=2%', '"nul" stands twice'],
    ['constructor=1%', 'unknown fault "constructor"'],
  ])('%s is refused', (text, message) => {
    expect(() => parseFaults(text)).toThrow(message);
  });

  test('names every problem at once', () => {
    expect(() => parseFaults('a=1%,nul=x')).toThrow(/"a".*"nul=x"/);
  });
});

describe('spoil', () => {
  for (const fault of FAULT_NAMES) {
    if (fault === 'duplicate' || fault === 'changed' || fault === 'out_of_order') continue;
    test(`${fault} leads to ${FAULT_REASONS[fault]}, in all its varieties`, () => {
      for (let index = 0; index < (fault === 'oversize' ? 3 : 400); index += 1) {
        const variety = (index * 2_654_435_761) >>> 0;
        const value = spoil(fault, orderAt({ seed: 4, index }), variety);
        const decoded = decodeOrder(value, limits);
        expect(decoded).toMatchObject({ ok: false, reason: FAULT_REASONS[fault] });
      }
    });
  }
});

describe('FaultPlan', () => {
  const plan = new FaultPlan(1, parseFaults('malformed=5%,duplicate=10%,changed=10%,out_of_order=2%'));

  test('has each fault about as often as asked, by seed and index alone', () => {
    const counts = new Map<string | undefined, number>();
    for (let index = 0; index < 100_000; index += 1) {
      const fault = plan.faultAt(index);
      counts.set(fault, (counts.get(fault) ?? 0) + 1);
    }
    expect(counts.get('malformed')).toBeWithin(4_700, 5_300);
    expect(counts.get('duplicate')).toBeWithin(9_600, 10_400);
    expect(counts.get('out_of_order')).toBeWithin(1_800, 2_200);
    const again = new FaultPlan(1, parseFaults('out_of_order=2%,changed=10%,duplicate=10%,malformed=5%'));
    for (let index = 0; index < 1_000; index += 1) expect(again.faultAt(index)).toBe(plan.faultAt(index));
    const other = new FaultPlan(2, parseFaults('malformed=50%'));
    expect(Array.from({ length: 64 }, (_, index) => other.faultAt(index))).not.toEqual(
      Array.from({ length: 64 }, (_, index) => plan.faultAt(index)),
    );
  });

  test('repeats only faultless orders, and never one as it was after it was changed', () => {
    const changed = new Set<number>();
    const resent = new Set<number>();
    for (let index = 0; index < 20_000; index += 1) {
      for (const fault of ['duplicate', 'changed'] as const) {
        const target = plan.targetOf(index, fault, 0);
        if (target === undefined) continue;
        expect(plan.faultAt(target)).toBeUndefined();
        expect(index - target).toBeWithin(1, 129);
        (fault === 'changed' ? changed : resent).add(target);
      }
    }
    expect(resent.size).toBeGreaterThan(1_000);
    expect(changed.intersection(resent).size).toBe(0);
  });
});
