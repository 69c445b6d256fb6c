import type { Resources } from '../../src/cmd/app/shutdown.ts';
import type { Table } from './table.ts';

/** What a bench works with. */
export interface BenchContext {
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Closed, last opened first, when the bench ends, however it ends. */
  readonly resources: Resources;
  /** One line about what is going on now. */
  readonly say: (line: string) => void;
  /** What earlier benches of this run have measured. */
  readonly shared: SharedFigures;
}

export interface SharedFigures {
  /** Orders per second from Kafka into PostgreSQL. */
  drainRate?: number;
}

/** What a bench has found out. */
export interface BenchReport {
  readonly tables: readonly Table[];
  /** Everything measured, for the JSON file. */
  readonly data: Readonly<Record<string, unknown>>;
  /** For machines: `ingest ratio 0.93`. Printed last. */
  readonly lines: readonly string[];
}

export interface Bench {
  readonly name: string;
  /** What it measures, in a few words. */
  readonly about: string;
  run(context: BenchContext): Promise<BenchReport>;
}

/** A whole or fractional number from the environment. @throws when it is none, or below `min` */
export function knob(name: string, fallback: number, min = 1): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < min) throw new Error(`${name}=${text} is no number from ${min} on`);
  return value;
}
