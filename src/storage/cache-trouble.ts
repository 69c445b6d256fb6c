import { AppError, type AppErrorOptions } from '../lib/app-error.ts';

/**
 * Why a cache is not in use, or refuses a command:
 * - `unreachable`: it does not answer in time;
 * - `insecure`: one side's certificate is not accepted, or one side speaks TLS and the other does not;
 * - `no_permission`: its user may not log in, or not run the commands of a cache (scripts, for instance);
 * - `out_of_memory`: it is full and evicts nothing; `read_only`: it is a replica, or can't write to its disk;
 * - `other_database`: its keys belong to another database; `unverified`: PostgreSQL has not told yet which database
 *   ours is;
 * - `refused`: it refuses something else.
 */
export const CACHE_TROUBLES = [
  'unreachable',
  'insecure',
  'no_permission',
  'out_of_memory',
  'read_only',
  'other_database',
  'unverified',
  'refused',
] as const;

export type CacheTrouble = (typeof CACHE_TROUBLES)[number];

/** The cache can't be used now. */
export class CacheUnusable extends AppError {
  readonly trouble: CacheTrouble;

  constructor(trouble: CacheTrouble, message: string, options: Omit<AppErrorOptions, 'retryable'> = {}) {
    super('cache_unavailable', message, { ...options, retryable: true });
    this.trouble = trouble;
  }
}

/** The database that the cached orders belong to. */
export interface CachedDatabase {
  /**
   * Differs from that of any other database, even an earlier one of the same name.
   * @throws AppError `database_unavailable` (retryable)
   */
  identity(): Promise<string>;
  /** True when the database of that identity is known to be gone. */
  isGone(identity: string): Promise<boolean>;
}
