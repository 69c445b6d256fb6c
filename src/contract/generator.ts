import type { RejectionReason } from '../order/rejection.ts';
import type { ItemState } from '../order/states.ts';

/**
 * What can be wrong with a message, and the dead-letter reason it must lead to; null where the message is a good order:
 * - `duplicate`: an identical resend, instead of the index's own order, of one sent up to 128 indexes earlier;
 * - `changed`: the same, but with other items and sums;
 * - `out_of_order`: the order is sent 1 to 64 indexes later than its place.
 */
export const FAULT_REASONS = {
  malformed: 'not_json',
  invalid_utf8: 'invalid_utf8',
  unknown_field: 'unknown_field',
  type_mismatch: 'schema',
  integer_range: 'integer_range',
  sums_mismatch: 'sums_mismatch',
  invalid_date: 'invalid_date',
  future_date: 'future_date',
  nul: 'nul_character',
  surrogate: 'lone_surrogate',
  oversize: 'too_large',
  tombstone: 'tombstone',
  duplicate: null,
  changed: null,
  out_of_order: null,
} as const satisfies Record<string, RejectionReason | null>;

export type FaultName = keyof typeof FAULT_REASONS;

/** Faults that spoil the message's own value; the others send good orders. */
export type SpoilingFault = Exclude<FaultName, 'duplicate' | 'changed' | 'out_of_order'>;

/** Share of the messages, 0..1, for each fault asked for. */
export type FaultRates = ReadonlyMap<FaultName, number>;

/** Every fault's name, in the order `--help` lists them. */
export const FAULT_NAMES = Object.keys(FAULT_REASONS).filter(isFaultName);

/** Every spoiling fault's name. */
export const SPOILING_FAULTS = FAULT_NAMES.filter(isSpoiling);

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULT_REASONS, name);
}

function isSpoiling(name: FaultName): name is SpoilingFault {
  return FAULT_REASONS[name] !== null;
}

/** The same rate all the time. */
interface SteadyProfile {
  readonly kind: 'steady';
}

/** Every `everyMs`, `forMs` at `burstRate`; in between at the producer's rate. */
interface BurstProfile {
  readonly kind: 'burst';
  /** Orders per second. */
  readonly burstRate: number;
  readonly forMs: number;
  /** Longer than forMs. */
  readonly everyMs: number;
}

/** From the producer's rate to `toRate` within `overMs`, evenly; then on at `toRate`. */
interface RampProfile {
  readonly kind: 'ramp';
  /** Orders per second. */
  readonly toRate: number;
  readonly overMs: number;
}

/** A part of a load. */
export interface Stage {
  /** Orders per second at its end, from the rate at the end of the stage before, evenly; 0 to pause, or to end. */
  readonly toRate: number;
  readonly overMs: number;
  /** Share of its orders that have a fault, 0..1; undefined: as the settings say. */
  readonly faults?: number;
}

export const MOST_STAGES = 50;

/**
 * Stages one after the other, the first from the producer's rate. Then on at the rate of the last; if that is 0, the
 * producer has ended.
 */
interface StagesProfile {
  readonly kind: 'stages';
  readonly stages: readonly Stage[];
}

export type LoadProfile = SteadyProfile | BurstProfile | RampProfile | StagesProfile;

/** What the generator is to do. */
export interface GeneratorSettings {
  /** Orders per second, above 0. */
  readonly rate: number;
  readonly profile: LoadProfile;
  /** 0..2³²−1. */
  readonly seed: number;
  /** It stops by itself after so many orders, once their lives are over; null: never. */
  readonly count: number | null;
  /** Share of the orders, 0..1. */
  readonly faults: FaultRates;
  /** Orders are sent again at every step of their lives. */
  readonly life: boolean;
  /** How many times faster than the table of lives says they live, above 0. */
  readonly timeScale: number;
}

/** What to change. A new seed starts at index 0, unless `nextIndex` says where; with either, lives begin anew. */
export interface GeneratorChange {
  readonly rate?: number | undefined;
  readonly profile?: LoadProfile | undefined;
  readonly seed?: number | undefined;
  /** Counted from the change on. */
  readonly count?: number | null | undefined;
  readonly faults?: FaultRates | undefined;
  readonly nextIndex?: number | undefined;
  /** Without life, those that live now are not sent any more. */
  readonly life?: boolean | undefined;
  readonly timeScale?: number | undefined;
}

/** How many messages: generated = sent + failed + inFlight. */
export interface GeneratorCounts {
  readonly generated: number;
  readonly sent: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Of those sent: the orders, without the later steps of their lives. */
  readonly orders: number;
}

export interface GeneratorStatus {
  readonly state: 'stopped' | 'running' | 'stopping';
  readonly settings: GeneratorSettings;
  /** Orders per second the profile asks for now; 0 when it does not run. */
  readonly currentRate: number;
  /** How long ago the profile began, ms; undefined when it does not run. */
  readonly profileMs: number | undefined;
  /** How far the schedule is behind, ms. */
  readonly lateMs: number;
  readonly nextIndex: number;
  /** Orders left until it stops by itself; null: without end. */
  readonly remaining: number | null;
  /** Orders whose life goes on. */
  readonly openOrders: number;
  /** Faults in its manifest. */
  readonly injected: number;
  /** Since this process started, those sent one by one included. */
  readonly counts: GeneratorCounts;
  /** When it was last started, ms since the Unix epoch. */
  readonly startedAt: number | undefined;
  /** Why it stopped, when nobody had asked for that. */
  readonly error: string | undefined;
}

/** A message as it would be sent. */
export interface PreviewedMessage {
  readonly index: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly fault: FaultName | undefined;
  /** The state its order comes to; undefined without life, and where the fault spoils it. */
  readonly state: ItemState | undefined;
}

/** Where the one message went that was sent by hand. */
export interface SentOne {
  readonly orderUid: string;
  readonly fault: SpoilingFault | undefined;
  readonly partition: number;
  readonly offset: bigint;
}

/** The generator of a process; every verb may be repeated. */
export interface Generator {
  readonly status: GeneratorStatus;
  /** The faults it has injected since the process started, the last 100,000, as `verify --manifest` reads them. */
  readonly manifest: string;
  /** At once, also while it is running. */
  change(change: GeneratorChange): void;
  /** @throws AppError `aborted` when the process stops */
  start(change: GeneratorChange): Promise<void>;
  /** Resolves once nothing is in flight any more, or has been given up. */
  stop(): Promise<void>;
  /** The next messages. */
  preview(count: number, faults?: FaultRates): PreviewedMessage[];
  /** @throws AppError `kafka_unavailable`, `kafka_rejected`, `kafka_refuses` */
  sendOne(fault: SpoilingFault | undefined): Promise<SentOne>;
}

/** A new seed. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
