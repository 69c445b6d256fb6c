import type { FindingKind, PartitionReport, ShareReport, VerifyReport } from '../contract/verification.ts';
import { EXPLAINED, Findings } from './findings.ts';
import type { OrderEvidence } from './order-evidence.ts';
import { sumOf } from './tally.ts';

/** The verdict on the whole: `shares` cover every partition once, `orders` holds what all of them noted of orders. */
export function conclude(shares: readonly ShareReport[], orders: OrderEvidence): VerifyReport {
  const [first] = shares;
  if (first === undefined) throw new TypeError('nothing was verified');
  const findings = new Findings(first.maxFindings);
  for (const { findings: groups } of shares) for (const group of groups) findings.addGroup(group);
  const counts = shares
    .flatMap(({ partitions }) => partitions.map((one) => ({ ...one })))
    .sort((a, b) => a.partition - b.partition);
  addOrderFindings(orders, counts, findings);
  const groups = findings.groups();
  const total = sumOf(counts);
  const seconds = Math.max(...shares.map((share) => share.seconds));
  const manifests = shares.flatMap(({ manifest }) => manifest ?? []);
  const { topic, group, deadLetterTopic, unchecked } = first;
  return {
    ok: groups.every(({ kind }) => EXPLAINED.has(kind)),
    topic,
    group,
    deadLetterTopic,
    partitions: counts,
    total,
    deadLetters: {
      ...sums(shares.map(({ deadLetters: { read, repeated, expired } }) => ({ read, repeated, expired }))),
      byReason: reasonsOf(shares),
      ignored: sums(shares.map(({ deadLetters }) => deadLetters.ignored)),
    },
    compactedOrders: shares.reduce((sum, { compactedOrders }) => sum + compactedOrders, 0),
    unchecked,
    ...(manifests.length > 0 && { manifest: sums(manifests) }),
    findings: groups,
    seconds,
    messagesPerSecond: Math.round(total.produced / Math.max(seconds, 0.001)),
  };
}

/** Uncleared suspects, and orders whose versions came from several partitions. */
function addOrderFindings(orders: OrderEvidence, counts: readonly PartitionReport[], findings: Findings): void {
  const byPartition = new Map(counts.map((one) => [one.partition, one as { superseded: number; lost: number }]));
  // What was first taken for superseded turned out to be lost.
  const lose = (partition: number): void => {
    const count = byPartition.get(partition);
    if (count === undefined) return;
    count.superseded -= 1;
    count.lost += 1;
  };
  const add = (kind: FindingKind, place: { partition: number; offset: number; orderUid: string }, detail: string) =>
    findings.add({ kind, partition: place.partition, offset: place.offset, orderUid: place.orderUid, detail });
  for (const suspect of orders.convicted()) {
    lose(suspect.partition);
    add('lost_update', suspect, 'what is stored is older, and differs');
  }
  for (const order of orders.scatteredOrders()) {
    const { partition, storedFrom, outdated } = order;
    if (outdated) {
      lose(partition);
      add('lost_update', order, `stored from partition ${storedFrom}, where an older version of it stands`);
    }
    const named = `its versions came from several partitions; partition ${storedFrom} has the one that is stored`;
    add('scattered_order', order, named);
  }
}

function reasonsOf(shares: readonly ShareReport[]): Record<string, number> {
  const reasons = new Map<string, number>();
  for (const { deadLetters } of shares) {
    for (const [reason, count] of Object.entries(deadLetters.byReason))
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  return Object.fromEntries([...reasons].sort(([a], [b]) => a.localeCompare(b)));
}

/** Member by member. */
function sums<T extends { readonly [name in keyof T]: number }>(all: readonly T[]): T {
  const [first, ...others] = all;
  const total = { ...first } as { [name in keyof T]: number };
  for (const one of others) for (const name in one) total[name] += one[name];
  return total as T;
}
