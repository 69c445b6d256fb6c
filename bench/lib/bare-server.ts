/**
 * What a lookup costs at least, a process of its own: takes BareServerInput as JSON, prints `{ url }` and serves
 * `GET /…/<order_uid>` from one source, with nothing around it.
 */
import { RedisClient, SQL } from 'bun';
import { createClient, RESP_TYPES } from 'redis';
import { SELECT_DOCUMENTS } from '../../src/storage/postgresql/order-documents.ts';

/** Where the bytes of an answer come from. */
export type BareServerInput =
  /** The same response for every request. */
  | {
      readonly source: 'bytes';
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  /** A GET of each request's own over one connection, `<keyPrefix><order_uid>`; by Bun's client or by the service's. */
  | {
      readonly source: 'redis';
      readonly url: string;
      readonly client: 'bun' | 'node-redis';
      readonly keyPrefix: string;
    }
  /** The service's own prepared statement, once for each request, over a pool of `connections`. */
  | { readonly source: 'postgresql'; readonly url: string; readonly connections: number };

type Find = (uid: string) => Promise<Uint8Array<ArrayBuffer> | string | null>;

const input: BareServerInput = JSON.parse(process.argv[2] ?? '');
const headers = { 'content-type': 'application/json' };
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, development: false, fetch: await handler(input) });
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.port}` }));
process.on('SIGTERM', () => process.exit(0));

async function handler(from: BareServerInput): Promise<(request: Request) => Response | Promise<Response>> {
  if (from.source === 'bytes') {
    const body = Buffer.from(from.body);
    const made = new Headers(from.headers);
    return () => new Response(body, { headers: made });
  }
  const find = from.source === 'redis' ? await fromRedis(from) : fromPostgresql(from);
  return async ({ url }) => {
    const body = await find(url.slice(url.lastIndexOf('/') + 1));
    return body === null ? new Response(null, { status: 404 }) : new Response(body, { headers });
  };
}

async function fromRedis({
  url,
  client,
  keyPrefix,
}: Extract<BareServerInput, { source: 'redis' }>): Promise<Find> {
  if (client === 'bun') {
    const redis = new RedisClient(url);
    return (uid) => redis.get(keyPrefix + uid);
  }
  const redis = createClient({ url, RESP: 3 });
  await redis.connect();
  const bytes = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  return async (uid) => {
    const value: Buffer | null = await bytes.get(keyPrefix + uid);
    return value === null ? null : new Uint8Array(value);
  };
}

function fromPostgresql({ url, connections }: Extract<BareServerInput, { source: 'postgresql' }>): Find {
  const sql = new SQL(url, { max: connections, connection: { timezone: 'UTC' } });
  return async (uid) => {
    const [row]: string[][] = await sql.unsafe(SELECT_DOCUMENTS, [sql.array([uid], 'TEXT')]).values();
    return row?.[1] ?? null;
  };
}
