/**
 * Who answered a read: a tier, by the answer's `X-Cache`, or `other` where it names none; `list`: a list of orders;
 * `absent`: there is no such order, as there should not be.
 */
export const READ_OUTCOMES = ['l1', 'redis', 'postgresql', 'other', 'list', 'absent'] as const;

export type ReadOutcome = (typeof READ_OUTCOMES)[number];

/**
 * Why a read failed. `unreachable`: no connection; `tls`: a certificate was not accepted; `reset`: the connection ended
 * before the answer did; `timeout`: no answer in time; `unsent`: all connections were busy for so long that it was given
 * up; `malformed`: not HTTP, or not what the API answers with; `http_4xx`, `http_5xx`: a status that says no.
 */
export const READ_FAILURES = [
  'unreachable',
  'tls',
  'reset',
  'timeout',
  'unsent',
  'malformed',
  'http_4xx',
  'http_5xx',
] as const;

export type ReadFailure = (typeof READ_FAILURES)[number];

/** What simulated clients do. Shares are of all requests, 0..1, and add up to 1 at most; the rest are other lookups. */
export interface ReaderSettings {
  /** Requests per second, above 0, whatever becomes of the answers. */
  readonly rate: number;
  /** Of orders that do not exist. */
  readonly absent: number;
  /** Of lists of the newest orders. */
  readonly lists: number;
  /** Of orders read before, with the tag of what was read (If-None-Match). */
  readonly repeats: number;
  /** Least time until an order is read again, ms. */
  readonly thinkMs: number;
  /** Exponent of Zipf's law over the orders, the newest first: 0 reads them all alike. */
  readonly zipf: number;
  /** Most connections; each has one request at a time. */
  readonly connections: number;
}

/** What to change; what is absent or undefined stays. */
export type ReaderChange = { readonly [K in keyof ReaderSettings]?: ReaderSettings[K] | undefined };

/** Which version of an order an answer gave, by its `X-Order-…` headers. Instants are ms since the Unix epoch. */
export interface ReadVersion {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly producedAt: number;
  readonly storedAt: number;
}

/** An answer that is older than what could be read before it was asked for. */
export interface StaleAnswer {
  readonly uid: string;
  /** When it arrived, ms since the Unix epoch. */
  readonly at: number;
  readonly outcome: ReadOutcome;
  /** Undefined when the answer was that there is no such order. */
  readonly answered: ReadVersion | undefined;
  /** What a lookup had given before; when it was a list, only the instant. */
  readonly before: ReadVersion | Pick<ReadVersion, 'storedAt'>;
}

/** Latencies of answers, ms, from the instant each request was due; 0 while there are none. */
export interface ReadLatencies {
  readonly outcome: ReadOutcome;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface ReaderStatus {
  readonly state: 'stopped' | 'running' | 'stopping';
  readonly settings: ReaderSettings;
  /** Orders it knows of. */
  readonly knownOrders: number;
  /** Since the last start or change. */
  readonly latencies: readonly ReadLatencies[];
  /** Since this process started, as all that follows. */
  readonly failures: Readonly<Record<ReadFailure, number>>;
  /** What the last failure of each kind said; kinds that have not occurred are absent. */
  readonly failureTexts: Readonly<Partial<Record<ReadFailure, string>>>;
  readonly stale: number;
  /** The latest of each order, newest first. */
  readonly staleAnswers: readonly StaleAnswer[];
  /** When it was last started, ms since the Unix epoch. */
  readonly startedAt: number | undefined;
}

/** The readers of a process; every verb may be repeated. */
export interface Readers {
  readonly status: ReaderStatus;
  /** At once, also while they run. */
  change(change: ReaderChange): void;
  /** @throws AppError `aborted` when the process stops */
  start(change: ReaderChange): void;
  /** Resolves once nothing is under way. */
  stop(): Promise<void>;
}
