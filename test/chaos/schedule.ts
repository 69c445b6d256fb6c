import { Random } from '../../src/producer/random.ts';

/** What can be done to the system, with the shortest and the longest time it lasts, ms. */
const DURATIONS = {
  // kill -9; the time is the pause before it starts again.
  'kill consumer': [0, 4_000],
  'kill postgresql': [0, 4_000],
  'kill kafka': [0, 3_000],
  'kill redis': [0, 5_000],
  // SIGSTOP, and SIGCONT after the time. A consumer is often stopped for longer than its session in the group lasts,
  // and in the middle of a transaction it always is: when it wakes up others have its partitions.
  'freeze consumer': [2_000, 14_000],
  'freeze consumer in COPY': [9_000, 14_000],
  'freeze postgresql': [1_000, 6_000],
  'freeze kafka': [1_000, 6_000],
  'freeze redis': [1_000, 6_000],
  // Between one consumer and PostgreSQL.
  'refuse connections': [500, 6_000],
  'black-hole connections': [1_000, 8_000],
  'reset connections': [0, 0],
  'reset in COPY': [0, 0],
  'reset before COMMIT': [0, 0],
  'reset after COMMIT': [0, 0],
  // Two of the three consumers are asked to stop, and start again after the time.
  'scale to one': [3_000, 10_000],
} as const satisfies Record<string, readonly [number, number]>;

export type ChaosKind = keyof typeof DURATIONS;

export const CHAOS_KINDS = Object.keys(DURATIONS).filter((kind): kind is ChaosKind => kind in DURATIONS);

/** One thing that is done to the system, at its time whatever else is going on. */
export interface ChaosEvent {
  readonly number: number;
  /** Since the start of the campaign, ms. */
  readonly atMs: number;
  readonly kind: ChaosKind;
  /** Which consumer it is done to, 0 to 2; for `scale to one` the one that stays. */
  readonly consumer: number;
  /** What DURATIONS says of the kind, ms. */
  readonly forMs: number;
  /** Statements of the kind let through before a reset. */
  readonly skip: number;
}

export interface Schedule {
  readonly seed: number;
  readonly events: readonly ChaosEvent[];
  /** When the campaign ends at the earliest, ms. */
  readonly lengthMs: number;
}

export const CONSUMERS = 3;
/** The first event waits until orders flow. */
const LEAD_MS = 2_000;
const STREAM = 0x6b696c;

/** How often each kind of kill comes, and how many other events come with a kill. */
const KILLS: readonly (readonly [ChaosKind, number])[] = [
  ['kill consumer', 9],
  ['kill postgresql', 5],
  ['kill kafka', 3],
  ['kill redis', 3],
];
const OTHERS: readonly (readonly [ChaosKind, number])[] = [
  ['freeze consumer', 3],
  ['freeze consumer in COPY', 4],
  ['freeze postgresql', 2],
  ['freeze kafka', 2],
  ['freeze redis', 1],
  ['refuse connections', 2],
  ['black-hole connections', 2],
  ['reset connections', 3],
  ['reset in COPY', 3],
  ['reset before COMMIT', 3],
  ['reset after COMMIT', 3],
  ['scale to one', 2],
];
const OTHERS_PERCENT = 80;
/** Those that wait for a statement to come by. */
const WITH_SKIP: ReadonlySet<ChaosKind> = new Set([
  'reset in COPY',
  'reset before COMMIT',
  'reset after COMMIT',
  'freeze consumer in COPY',
]);

/**
 * A campaign with that many kills at random moments, and about four other events to five kills. The same seed and
 * number give the same schedule. One kill in 8 s on average; in longer campaigns more often, so that they take about a
 * quarter of an hour.
 */
export function planCampaign(seed: number, kills: number): Schedule {
  const gapMs = Math.min(8_000, Math.max(3_000, Math.round(900_000 / Math.max(1, kills))));
  const random = new Random();
  random.reset(seed, kills, STREAM);
  const drafts: Omit<ChaosEvent, 'number'>[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const slot = LEAD_MS + kill * gapMs;
    drafts.push(draw(random, weighted(random, KILLS), slot + random.below(gapMs)));
    if (random.below(100) < OTHERS_PERCENT)
      drafts.push(draw(random, weighted(random, OTHERS), slot + random.below(gapMs)));
  }
  return finish(seed, drafts, LEAD_MS + kills * gapMs);
}

/** A short campaign: every kind once, in random order, `gapMs` apart on average. */
export function planSampler(seed: number, gapMs: number): Schedule {
  const random = new Random();
  random.reset(seed, CHAOS_KINDS.length, STREAM + 1);
  const kinds = [...CHAOS_KINDS];
  const drafts: Omit<ChaosEvent, 'number'>[] = [];
  for (let at = 0; kinds.length > 0; at += 1) {
    const [kind] = kinds.splice(random.below(kinds.length), 1);
    if (kind !== undefined) drafts.push(draw(random, kind, LEAD_MS + at * gapMs + random.below(gapMs)));
  }
  return finish(seed, drafts, LEAD_MS + CHAOS_KINDS.length * gapMs);
}

/** `  12.4 s  kill postgresql, back after 0.8 s`. */
export function describeEvent(event: ChaosEvent): string {
  return `${(event.atMs / 1000).toFixed(1).padStart(7)} s  ${describeAction(event)}`;
}

/** The event without its time. */
export function describeAction({ kind, consumer, forMs, skip }: ChaosEvent): string {
  const seconds = `${(forMs / 1000).toFixed(1)} s`;
  const name = `consumer ${consumer + 1}`;
  if (kind === 'scale to one') return `scale to ${name} alone, back to ${CONSUMERS} after ${seconds}`;
  const count = skip > 0 ? `, after ${skip} of them` : '';
  if (kind.startsWith('reset')) return `${kind} of ${name}${count}`;
  if (kind.endsWith('connections')) return `${kind} of ${name} for ${seconds}`;
  const whom = kind.replace('consumer', name);
  return kind.startsWith('kill') ? `${whom}, back after ${seconds}` : `${whom} for ${seconds}${count}`;
}

function draw(random: Random, kind: ChaosKind, atMs: number): Omit<ChaosEvent, 'number'> {
  const [shortest, longest] = DURATIONS[kind];
  const consumer = random.below(CONSUMERS);
  const forMs = random.between(shortest, longest);
  return { atMs, kind, consumer, forMs, skip: WITH_SKIP.has(kind) ? random.below(4) : 0 };
}

function weighted(random: Random, table: readonly (readonly [ChaosKind, number])[]): ChaosKind {
  const lots = table.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));
  return random.pick(lots);
}

function finish(seed: number, drafts: Omit<ChaosEvent, 'number'>[], lengthMs: number): Schedule {
  const events = drafts.sort((a, b) => a.atMs - b.atMs).map((draft, index) => ({ ...draft, number: index + 1 }));
  return { seed, events, lengthMs };
}
