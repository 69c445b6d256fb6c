import { type Address, formatAddress } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { certificateTrouble } from '../../lib/tls.ts';
import { type CacheTrouble, CacheUnusable } from '../cache-trouble.ts';

/** What a failure is about. */
export interface Culprit {
  /** Undefined where it may be any of several. */
  readonly address?: Address;
  /** As whom we log in; empty for `default`. */
  readonly user: string;
  /** server: a Redis of the settings. named: one that Sentinels, or another node of its cluster, have named. */
  readonly role: 'server' | 'named' | 'sentinel';
}

export function nameOf({ address, role }: Culprit): string {
  const kind = role === 'sentinel' ? 'the Sentinel' : 'Redis';
  return address === undefined ? kind : `${kind} at ${formatAddress(address)}`;
}

/** Codes of error replies. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
const CODES: Readonly<Record<string, CacheTrouble>> = {
  NOPERM: 'no_permission',
  NOAUTH: 'no_permission',
  WRONGPASS: 'no_permission',
  OOM: 'out_of_memory',
  READONLY: 'read_only',
  MISCONF: 'read_only',
  NOREPLICAS: 'read_only',
};

/** Classifies an error of Redis, or the reason why a connection was lost. */
export function troubleOf(failure: unknown): CacheTrouble {
  if (failure instanceof CacheUnusable) return failure.trouble;
  const code = codeOf(messageOf(failure));
  if (code === undefined) return certificateTrouble('redis.tls', failure) === undefined ? 'unreachable' : 'insecure';
  return CODES[code] ?? 'refused';
}

/**
 * The failure with what to do about it: an error of Redis or of the connection to it, or the reason why a connection
 * was lost.
 */
export function explain(failure: unknown, culprit: Culprit): CacheUnusable {
  if (failure instanceof CacheUnusable) return failure;
  const trouble = troubleOf(failure);
  const text = messageOf(failure);
  const who = nameOf(culprit);
  const certificate = certificateTrouble('redis.tls', failure);
  if (certificate !== undefined)
    return new CacheUnusable(trouble, `no secure connection to ${who}`, { advice: certificate, cause: failure });
  const code = codeOf(text);
  const advice = code === undefined ? connectionAdvice(failure, culprit) : replyAdvice(code, text, culprit);
  const problem = code === undefined ? text : `${who} refuses: ${text.replace(/\.$/, '')}`;
  return new CacheUnusable(trouble, problem, { ...(advice !== undefined && { advice }), cause: failure });
}

function codeOf(text: string): string | undefined {
  return /^([A-Z]{2,}) /.exec(text)?.[1];
}

/** A lost connection explains itself; one that could not be made is a matter of the settings. */
function connectionAdvice(failure: unknown, { address, role }: Culprit): string | undefined {
  // One of our own says all there is to say: a file of the settings that is gone, a connection that was lost.
  if (!(failure instanceof Error) || failure instanceof AppError || address === undefined) return undefined;
  if (role !== 'named') return `check that ${role === 'sentinel' ? 'a Sentinel' : 'Redis'} answers at redis.url`;
  return `check that ${formatAddress(address)} can be reached from here: its Sentinels or its cluster announce it`;
}

function replyAdvice(code: string, text: string, { user, role }: Culprit): string | undefined {
  const login =
    role === 'sentinel'
      ? 'redis.sentinel.username and redis.sentinel.password'
      : 'the user and password in redis.url, or redis.passwordFile';
  switch (code) {
    case 'WRONGPASS':
      return `check ${login}`;
    case 'NOAUTH':
      return `it demands a password: set ${login}`;
    case 'NOPERM':
      return `its user lacks a right of a cache: ${missingRight(text, user || 'default')}`;
    case 'OOM':
      return 'raise its maxmemory, or set a maxmemory-policy that evicts keys, such as allkeys-lru';
    case 'READONLY':
      return 'redis.url leads to a replica: name its primary, or its Sentinels (redis+sentinel://…)';
    case 'MISCONF':
    case 'NOREPLICAS':
      return 'check that it can write to its disk and reaches its replicas';
    default:
      return undefined;
  }
}

/** The command that gives the right, as far as the reply tells which it is. */
function missingRight(text: string, user: string): string {
  const command = /'([^']+)' command/.exec(text)?.[1];
  if (command !== undefined) return `ACL SETUSER ${user} +${command.toLowerCase()}`;
  return `ACL SETUSER ${user} ~PREFIX:*, with the prefix in cache.keyPrefix`;
}
