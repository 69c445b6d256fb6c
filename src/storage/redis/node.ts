import { createClient, ErrorReply, RESP_TYPES } from 'redis';

export interface NodeSettings {
  /** `redis[s]://[[user][:password]@]host[:port][/database]` */
  readonly url: string;
  /** Time for TCP, TLS and the handshake together. */
  readonly connectTimeoutMs: number;
}

/** Consecutive slots of a cluster, and the master that serves them. */
export interface SlotRange {
  /** First and last slot. */
  readonly from: number;
  readonly to: number;
  /** Address of the master: `host:port`. */
  readonly address: string;
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
  readonly address: string;
  readonly redis: RedisCommands;
  /** The same connection, which gives strings as bytes. */
  readonly bytes: ReturnType<typeof bytesOf>;
  /** Whether the server reports changed keys. */
  readonly tracked: boolean;
  destroy(): void;
}

/**
 * Connects, with key tracking unless the server refuses it (too old, or not allowed).
 * @throws the library's error; nothing stays open then.
 */
export async function connectNode(settings: NodeSettings, events: NodeEvents): Promise<RedisNode> {
  try {
    return await open(settings, events, true);
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    return await open(settings, events, false);
  }
}

/** The masters' addresses and slots, by address, or undefined when the server is not part of a cluster. */
export async function readSlots({ redis }: RedisNode, seedUrl: string): Promise<SlotRange[] | undefined> {
  const { mode } = await redis.hello(3);
  if (mode !== 'cluster') return undefined;
  const seedHost = new URL(seedUrl).hostname;
  const ranges = (await redis.clusterSlots()).map(({ from, to, master }) => {
    // A node that does not know its own name expects the client to use the one it connected to.
    const host = master.host || seedHost;
    return {
      from,
      to,
      address: `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${master.port}`,
    };
  });
  return ranges.sort((a, b) => a.from - b.from);
}

/** The URL of another node of the same cluster: the same protocol and credentials. */
export function urlOfNode(seedUrl: string, address: string): string {
  const url = new URL(seedUrl);
  url.host = address;
  return url.href;
}

async function open(settings: NodeSettings, events: NodeEvents, tracked: boolean): Promise<RedisNode> {
  const redis = clientTo(settings, tracked);
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
    await redis.connect();
    inUse = true;
  } catch (error) {
    destroy();
    throw error;
  }
  const address = new URL(settings.url).host;
  return { address, redis, bytes: bytesOf(redis), tracked, destroy };
}

function bytesOf(redis: RedisCommands) {
  return redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

function clientTo({ url, connectTimeoutMs }: NodeSettings, emitInvalidate: boolean) {
  return createClient({
    url,
    RESP: 3,
    emitInvalidate,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 100_000,
    // The client's time-out costs a timer and a listener for every command; `run` has one for all of its commands.
    commandOptions: { timeout: 0 },
    // They would look up an IPv6 host with its brackets, and fail.
    maintNotifications: 'disabled',
    // One attempt per client: the owner of the connection decides about the next one.
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: false,
      // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED decides otherwise.
      ...(url.startsWith('rediss:') && { tls: true, rejectUnauthorized: true }),
    },
  });
}
