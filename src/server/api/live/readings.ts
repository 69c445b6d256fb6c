import type { EngineStatus } from '../service/readiness.ts';

/** What this process has counted since it started; nothing of it waits for anything. */
export interface LocalReading {
  /** Undefined in a process without a generator. */
  readonly generator: GeneratorReading | undefined;
  /** Undefined in a process without a consumer. */
  readonly consumer: ConsumerReading | undefined;
  /** Lookups by the tier that answered; `absent`: there is no such order; `failed`: nobody could tell. */
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  /** Responses by the first digit of their status. */
  readonly responses: Readonly<Record<StatusClass, number>>;
  readonly process: ProcessReading;
}

export type LookupOutcome = 'l1' | 'redis' | 'postgresql' | 'absent' | 'failed';
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx';

export interface GeneratorReading {
  readonly state: 'stopped' | 'running' | 'stopping';
  readonly sent: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Messages per second it is to send now. */
  readonly currentRate: number;
  readonly lateMs: number;
}

export interface ConsumerReading {
  readonly written: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly deadLettered: number;
  readonly batches: number;
  readonly partitions: readonly number[];
  /** Batches wait for PostgreSQL or the dead-letter topic. */
  readonly waiting: boolean;
  /** How often the Kafka client was replaced. */
  readonly rebuilds: number;
  /** Messages that were gone from the log before they could be read. */
  readonly lost: number;
  /** From production to the commit, ms, of orders stored since the last reading. */
  readonly agesMs: readonly number[];
}

export interface ProcessReading {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** CPU time used, ms. */
  readonly cpuMs: number;
  /** The longest a timer waited for the event loop since the last reading. */
  readonly loopDelayMs: number;
  readonly uptimeSeconds: number;
}

/** How far the orders topic is, and how far it is stored, whoever writes and stores. */
export interface TopicReading {
  readonly partitions: ReadonlyArray<{
    readonly partition: number;
    /** Where the log ends, open transactions included. */
    readonly end: number;
    /** Where it ends for readers of committed messages. */
    readonly stableEnd: number;
    /** Where the database is; undefined when it has nothing of this partition. */
    readonly stored: number | undefined;
  }>;
  /** Messages the dead-letter topic has ever had. */
  readonly deadLetters: number;
}

/** Where the figures come from. */
export interface LiveSource {
  local(): LocalReading;
  /** Never rejects, bounded in time. */
  engines(): Promise<readonly EngineStatus[]>;
  /** @throws when Kafka or PostgreSQL can't answer */
  topic(): Promise<TopicReading>;
}
