import type { Round } from './drain.ts';
import { median, type Spread, spread } from './stats.ts';
import { fixed, type Table, whole } from './table.ts';

/** The rounds of one contender. */
export interface RoundsSummary {
  readonly rate: Spread;
  /** Medians, CPU per order, µs. */
  readonly cpu: { readonly client: number; readonly kafka: number; readonly postgresql: number };
}

export function summarize(rounds: readonly Round[]): RoundsSummary {
  return {
    rate: spread(rounds.map(({ rate }) => rate)),
    cpu: {
      client: median(rounds.map(({ cpu }) => cpu.client)),
      kafka: median(rounds.map(({ cpu }) => cpu.kafka)),
      postgresql: median(rounds.map(({ cpu }) => cpu.postgresql)),
    },
  };
}

/** Rates and CPU of the contenders below each other; the first is what the others are held against. */
export function roundsTable(
  title: string,
  contenders: ReadonlyArray<readonly [name: string, summary: RoundsSummary]>,
): Table {
  const base = contenders[0]?.[1].rate.median ?? Number.NaN;
  return {
    title: `${title}; CPU in µs an order`,
    columns: ['', 'orders/s', 'min', 'max', 'ratio', 'CPU client', 'CPU Kafka', 'CPU PostgreSQL', 'CPU all'],
    rows: contenders.map(([name, { rate, cpu }]) => [
      name,
      whole(rate.median),
      whole(rate.min),
      whole(rate.max),
      fixed(rate.median / base, 2),
      fixed(cpu.client, 1),
      fixed(cpu.kafka, 1),
      fixed(cpu.postgresql, 1),
      fixed(cpu.client + cpu.kafka + cpu.postgresql, 1),
    ]),
  };
}
