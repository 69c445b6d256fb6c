import { createClient, ErrorReply, RESP_TYPES, type RedisClientOptions } from 'redis';
import { type Address, formatAddress } from '../../lib/address.ts';
import { AppError } from '../../lib/app-error.ts';
import type { RedisUrl } from '../../lib/connection-url.ts';
import { heardWithin, TimeOut } from '../../lib/deadline.ts';
import { readSecret } from '../../lib/secret.ts';
import { readTls, speaksTls, type TlsSettings } from '../../lib/tls.ts';
import { CacheUnusable } from '../cache-trouble.ts';
import { type Culprit, explain, nameOf } from './explain.ts';

/** How to reach Redis: the section `redis` of the settings. Files are read anew at each connection. */
export interface RedisAccess {
  /** See `parseRedisUrls`. */
  readonly url: string;
  /** File with the password, instead of the URL's. */
  readonly passwordFile?: string;
  /** How to log in at the Sentinels. */
  readonly sentinel?: { readonly username: string; readonly password: string; readonly passwordFile: string };
  readonly tls?: TlsSettings & { readonly serverName?: string };
  /** Time for TCP, TLS and the handshake together. */
  readonly connectTimeoutMs: number;
}

/** One server of those that the settings lead to. */
export interface NodeTarget extends Culprit {
  readonly address: Address;
  readonly access: RedisAccess;
  /** Says whether over TLS and, unless this is a Sentinel, as whom and to which database. */
  readonly url: RedisUrl;
}

/** Consecutive slots of a cluster, and the master that serves them. */
export interface SlotRange {
  /** First and last slot. */
  readonly from: number;
  readonly to: number;
  readonly master: Address;
}

/** Called while the node is in use. */
export interface NodeEvents {
  lost(reason: string): void;
  /** A key that was read has changed or is gone; null: any key may have. */
  changed(key: string | null): void;
}

type RedisCommands = ReturnType<typeof clientTo>;

/** One server and one connection to it. */
export interface RedisNode {
  /** `host:port` */
  readonly address: string;
  readonly redis: RedisCommands;
  /** The same connection, which gives strings as bytes. */
  readonly bytes: ReturnType<typeof bytesOf>;
  /** Whether the server reports changed keys. */
  readonly tracked: boolean;
  readonly mode: 'standalone' | 'cluster';
  readonly isReplica: boolean;
  destroy(): void;
}

/**
 * Connects, with key tracking unless the server refuses it (too old, or not allowed).
 * @throws CacheUnusable; nothing stays open then
 */
export async function connectNode(target: NodeTarget, events: NodeEvents): Promise<RedisNode> {
  try {
    try {
      return await open(target, events, true);
    } catch (error) {
      // What is refused of the login is refused again, and may lock the user out.
      if (!(error instanceof ErrorReply) || /^(WRONGPASS|NOAUTH) /.test(error.message)) throw error;
      return await open(target, events, false);
    }
  } catch (error) {
    throw await causeOf(error, target);
  }
}

/** The masters' addresses and slots, by address, in a cluster. */
export async function readSlots({ redis }: RedisNode, seed: Address): Promise<SlotRange[]> {
  const ranges = (await redis.clusterSlots()).map(({ from, to, master }) => {
    // A node that does not know its own name expects the client to use the one it connected to.
    return { from, to, master: { host: master.host || seed.host, port: master.port } };
  });
  return ranges.sort((a, b) => a.from - b.from);
}

async function open(target: NodeTarget, events: NodeEvents, tracked: boolean): Promise<RedisNode> {
  const redis = clientTo(target, tracked);
  let inUse = false;
  const lost = (error: unknown): void => {
    if (inUse) events.lost(error instanceof Error ? error.message : 'the connection has ended');
  };
  redis.on('error', lost);
  redis.on('terminated', lost);
  redis.on('invalidate', (key: Buffer | null) => events.changed(key === null ? null : key.toString()));
  const destroy = (): void => {
    inUse = false;
    if (redis.isOpen) redis.destroy();
  };
  try {
    const connected = (async () => {
      await redis.connect();
      return await redis.hello(3);
    })();
    const { mode, role } = await heardWithin(target.access.connectTimeoutMs, connected);
    if (mode === 'sentinel') {
      const advice = 'write redis+sentinel://HOST:PORT/NAME in redis.url, or the address of a Redis';
      throw new CacheUnusable('refused', `a Sentinel listens at ${formatAddress(target.address)}`, { advice });
    }
    inUse = true;
    const isReplica = role === 'replica' || role === 'slave';
    const address = formatAddress(target.address);
    return {
      address,
      redis,
      bytes: bytesOf(redis),
      tracked,
      mode: mode === 'cluster' ? mode : 'standalone',
      isReplica,
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

function bytesOf(redis: RedisCommands) {
  return redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

function clientTo(target: NodeTarget, emitInvalidate: boolean) {
  return createClient({ ...clientOptions(target), RESP: 3, emitInvalidate });
}

/** Options of a client for one connection. @throws AppError `config_invalid` for a file that can't be read */
export function clientOptions(target: NodeTarget) {
  const { access, url, role } = target;
  const { passwordFile = '', sentinel } = access;
  const isSentinel = role === 'sentinel';
  const username = isSentinel ? sentinel?.username : url.user;
  const password = isSentinel
    ? readSecret({
        name: 'redis.sentinel.password',
        text: sentinel?.password ?? '',
        file: sentinel?.passwordFile ?? '',
      })
    : readSecret({ name: 'redis.password', text: url.password, file: passwordFile });
  return {
    ...(username && { username }),
    ...(password !== '' && { password }),
    database: isSentinel ? 0 : Number(url.database),
    disableOfflineQueue: true,
    commandsQueueMaxLength: 100_000,
    // The client's time-out costs a timer and a listener for every command; `run` has one for all of its commands.
    commandOptions: { timeout: 0 },
    // It is a command that a user may lack the right to.
    disableClientInfo: true,
    // They are of Redis Enterprise, and look addresses up.
    maintNotifications: 'disabled',
    // One attempt per client: the owner of the connection decides about the next one.
    socket: socketTo(target),
  } as const;
}

function socketTo({ access, url, address }: NodeTarget): NonNullable<RedisClientOptions['socket']> {
  const { connectTimeoutMs, tls = {} } = access;
  const options = { ...address, connectTimeout: connectTimeoutMs, reconnectStrategy: false } as const;
  if (!isSecured(url)) return options;
  const { serverName = '', ...certificates } = tls;
  return {
    ...options,
    ...readTls('redis.tls', certificates),
    ...(serverName !== '' && { servername: serverName }),
    tls: true,
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED decides otherwise.
    rejectUnauthorized: true,
  };
}

const OTHER_PROTOCOL_TIMEOUT_MS = 500;

/** Why a connection could not be made, with what to do; asks the server whether it is a matter of TLS. */
export async function causeOf(failure: unknown, target: NodeTarget): Promise<CacheUnusable> {
  const { address, url } = target;
  const explained = explain(failure, target);
  if (failure instanceof ErrorReply || failure instanceof AppError || explained.trouble === 'insecure')
    return explained;
  const insecure = (problem: string, right: string): CacheUnusable =>
    new CacheUnusable('insecure', `${nameOf(target)} ${problem}`, {
      advice: `write ${right}:// instead of ${url.scheme}:// in redis.url, or name another port`,
      cause: failure,
    });
  if (isSecured(url))
    return (await speaksPlainly(address))
      ? insecure('does not speak TLS', url.scheme.replace('rediss', 'redis'))
      : explained;
  // Who speaks TLS hangs up at once.
  if (failure instanceof TimeOut || !(await speaksTls(address, OTHER_PROTOCOL_TIMEOUT_MS))) return explained;
  return insecure('speaks TLS', url.scheme.replace('redis', 'rediss'));
}

/** Whether a Redis answers there without TLS; it is not told any password. */
async function speaksPlainly(address: Address): Promise<boolean> {
  const socket = { ...address, reconnectStrategy: false } as const;
  const redis = createClient({ RESP: 3, maintNotifications: 'disabled', socket });
  redis.on('error', () => {});
  try {
    await heardWithin(OTHER_PROTOCOL_TIMEOUT_MS, redis.connect());
    return true;
  } catch (error) {
    return error instanceof ErrorReply;
  } finally {
    if (redis.isOpen) redis.destroy();
  }
}

function isSecured({ scheme }: RedisUrl): boolean {
  return scheme.startsWith('rediss');
}
