import { AppError } from '../lib/app-error.ts';

/**
 * Why a cache is not in use, or refuses what it is asked:
 * - `unreachable`: it does not answer, or not in time;
 * - `no_permission`: its user may not log in, or not do what a cache must (scripts, for instance);
 * - `out_of_memory`: it is full and lets nothing go; `read_only`: it is a replica, or can't write to its disk;
 * - `other_database`: its keys belong to the orders of another database; `unverified`: PostgreSQL has not said yet which this one is;
 * - `refused`: anything else it says no to.
 */
export const CACHE_TROUBLES = [
  'unreachable',
  'no_permission',
  'out_of_memory',
  'read_only',
  'other_database',
  'unverified',
  'refused',
] as const;

export type CacheTrouble = (typeof CACHE_TROUBLES)[number];

/** What to do about each. */
export const CACHE_ADVICE: Readonly<Record<CacheTrouble, string>> = {
  unreachable: 'see that Redis answers at redis.url',
  no_permission:
    'its user must be allowed to log in and, for the keys of cache.keyPrefix, @read, @write, @connection and @scripting',
  out_of_memory: 'raise maxmemory, or set a maxmemory-policy that lets keys go, such as allkeys-lru',
  read_only: 'let redis.url name the master, and see that Redis can write to its disk',
  other_database: 'set another cache.keyPrefix',
  unverified: 'see that PostgreSQL answers',
  refused: 'see what Redis says in the log',
};

/** The cache can't be used at present. */
export class CacheUnusable extends AppError {
  readonly trouble: CacheTrouble;

  constructor(trouble: CacheTrouble, message: string, cause?: unknown) {
    super('cache_unavailable', message, { retryable: true, cause });
    this.trouble = trouble;
  }
}

/** Which database the cached orders are those of. */
export interface CachedDatabase {
  /** Tells it from any other, and from an earlier one of the same name. @throws AppError `database_unavailable` (retryable) */
  identity(): Promise<string>;
  /** True when the database of that identity is known to exist no more. */
  isGone(identity: string): Promise<boolean>;
}
