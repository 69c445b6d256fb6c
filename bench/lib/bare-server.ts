/**
 * What a lookup costs at least, a process of its own: takes BareServerInput as JSON, prints `{ url }` and serves
 * `GET /…/<order_uid>` from one source, by the shortest way to it.
 */
import { readFileSync } from 'node:fs';
import { RedisClient, SQL } from 'bun';
import { createClient, RESP_TYPES } from 'redis';
import { type OrderLookup, orderEndpoints } from '../../src/server/api/orders/orders.ts';
import { createHandler } from '../../src/server/http/handler.ts';
import { startServer } from '../../src/server/http/server.ts';
import { SELECT_DOCUMENTS } from '../../src/storage/postgresql/order-store.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

const HOST = '127.0.0.1';
const ETAG = '"bare"';
const ORIGIN = { topic: 'orders', partition: 0, offset: 0n, producedAt: 0, storedAt: 0 };

/** Where the bytes of an answer come from. */
export type BareServerInput =
  /** A response for each order, ready in memory; the file holds the `BareResponse`s as JSON. */
  | { readonly source: 'memory'; readonly file: string }
  /** A GET of each request's own over one connection, `<keyPrefix><order_uid>`; by Bun's client or by the service's. */
  | {
      readonly source: 'redis';
      readonly url: string;
      readonly client: 'bun' | 'node-redis';
      readonly keyPrefix: string;
    }
  /** The service's own prepared statement, once for each request, over a pool of `connections`. */
  | { readonly source: 'postgresql'; readonly url: string; readonly connections: number };

export interface BareResponse {
  readonly uid: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Find = (uid: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

const input: BareServerInput = JSON.parse(process.argv[2] ?? '');
const url = input.source === 'memory' ? fromMemory(input.file) : behindHandler(await finder(input));
console.log(JSON.stringify({ url }));
process.on('SIGTERM', () => process.exit(0));

/** No handler at all. */
function fromMemory(file: string): string {
  const all: BareResponse[] = JSON.parse(readFileSync(file, 'utf8'));
  const made = new Map(
    all.map(({ uid, body, headers }) => [uid, { body: Buffer.from(body), init: { headers: new Headers(headers) } }]),
  );
  const { port } = Bun.serve({
    hostname: HOST,
    port: 0,
    development: false,
    fetch: (request) => {
      const found = made.get(request.url.slice(request.url.lastIndexOf('/') + 1));
      return found === undefined ? new Response(null, { status: 404 }) : new Response(found.body, found.init);
    },
  });
  return `http://${HOST}:${port}`;
}

/** The service's own HTTP handler. */
function behindHandler(find: Find): string {
  const lookup: OrderLookup = {
    kept: () => undefined,
    find: async (uid) => {
      const body = await find(uid);
      return body && { body, etag: ETAG, origin: ORIGIN, tier: 'redis' };
    },
  };
  const limits = { host: HOST, maxBodyBytes: 524_288, requestTimeoutMs: 10_000 };
  const handler = createHandler({
    ...limits,
    token: '',
    maxConcurrentRequests: 10_000,
    endpoints: orderEndpoints({ lookup }),
    logger: silentLogger,
  });
  return startServer(handler, { ...limits, port: 0 }, silentLogger).url;
}

async function finder(from: Exclude<BareServerInput, { source: 'memory' }>): Promise<Find> {
  if (from.source === 'postgresql') {
    const sql = new SQL(from.url, { max: from.connections, connection: { timezone: 'UTC' } });
    return async (uid) => {
      const [row]: string[][] = await sql.unsafe(SELECT_DOCUMENTS, [sql.array([uid], 'TEXT')]).values();
      return row?.[1] === undefined ? undefined : Buffer.from(row[1]);
    };
  }
  if (from.client === 'bun') {
    const redis = new RedisClient(from.url);
    return async (uid) => {
      const value = await redis.getBuffer(from.keyPrefix + uid);
      return value === null ? undefined : new Uint8Array(value);
    };
  }
  const redis = createClient({ url: from.url, RESP: 3, commandOptions: { timeout: 0 } });
  await redis.connect();
  const bytes = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  return async (uid) => {
    const value: Buffer | null = await bytes.get(from.keyPrefix + uid);
    return value === null ? undefined : new Uint8Array(value);
  };
}
