import { expect, test } from 'bun:test';
import { sampleOrder } from '../../test/helpers/sample-orders.ts';
import { NOW, VerifyWorld } from '../../test/helpers/verify-world.ts';
import type { FindingKind } from '../contract/verification.ts';

const WORLDS = 80;
const UIDS = ['a', 'b', 'c', 'd', 'e'];

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A world in which much is as it should be, and anything may be wrong. */
function worldOf(seed: number): VerifyWorld {
  const random = randomOf(seed);
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const partitions = 1 + random(4);
  const world = new VerifyWorld(partitions);
  const { stored } = world;
  const steps: (() => void)[] = [
    () => void world.order(pick(UIDS), random(partitions), { locale: pick(['fr', 'de', 'en']) }),
    () => void world.order(pick(UIDS), random(partitions), { locale: pick(['fr', 'de']) }, NOW + random(9)),
    () => void world.order(`only-${random(99)}`, random(partitions)),
    () => {
      const partition = random(partitions);
      const offset = world.bad('nope', partition);
      if (random(3) > 0) world.letter(offset, pick(['not_json', 'not_json', 'schema']), { partition });
    },
    () => {
      const partition = random(partitions);
      const offset = world.sendOnly(sampleOrder(pick(UIDS), 1, { locale: pick(['es', 'it']) }), partition);
      if (random(2) > 0) stored.next.set(partition, offset + 1);
    },
    () => void stored.rows.delete(pick(UIDS)),
    () => {
      const row = stored.rows.get(pick(UIDS));
      if (row !== undefined) row.order = { ...row.order, entry: 'altered' };
    },
    () => {
      const row = stored.rows.get(pick(UIDS));
      if (row !== undefined)
        Object.assign(row, pick([{ offset: random(12) }, { earlier: true }, { topic: 'elsewhere' }]));
    },
    () => {
      const place = { partition: random(partitions), offset: random(12) };
      const what = { order_uid: pick(UIDS), fault: 'malformed', expectedReason: pick(['not_json', null] as const) };
      if (random(3) === 0) world.manifest.push({ ...place, ...what });
    },
    () => {
      const partition = random(partitions);
      const offset = random(world.log.partitions.get(partition)?.length ?? 1);
      if (random(4) === 0) world.letter(offset, 'database_rejected', { partition });
    },
    () => void (random(6) === 0 && stored.next.set(random(partitions), random(8))),
    () => void (random(9) === 0 && stored.lonelyItems.push(pick(UIDS))),
  ];
  for (let left = 10 + random(30); left > 0; left--) pick(steps)();
  if (random(3) === 0) stored.until = NOW - 1;
  if (random(5) === 0) world.log.open.set(0, Math.max(0, (world.log.partitions.get(0)?.length ?? 0) - 1));
  return world;
}

test('any split of the partitions finds what one reading of all finds, whatever is wrong', async () => {
  const found = new Set<FindingKind>();
  for (let seed = 1; seed <= WORLDS; seed++) {
    // It throws when the two differ.
    const report = await worldOf(seed)
      .verify({ maxFindings: 1 + (seed % 4) })
      .catch((error: unknown) => {
        throw new Error(`world ${seed}`, { cause: error });
      });
    for (const { kind } of report.findings) found.add(kind);
  }
  const kinds: FindingKind[] = ['lost', 'lost_update', 'altered', 'phantom_order', 'missing_dead_letter', 'pending'];
  expect(kinds.filter((kind) => !found.has(kind))).toEqual([]);
  expect([...found]).toContain('scattered_order');
});
