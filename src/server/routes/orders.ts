import { type Context, Hono } from 'hono';
import { Compile } from 'typebox/compile';
import { decodeOrder } from '../../order/decode.ts';
import { OrderUidSchema } from '../../order/order.ts';
import type { OrderIntake, OrderList, OrderLookup } from '../dependencies.ts';
import { noneMatch } from '../entity-tag.ts';
import { orderHeaders } from '../order-headers.ts';
import { ProblemError } from '../problem.ts';
import { parseJson, type RequestEnv, readBody } from '../request-body.ts';
import { LimitSchema, LookupRequestSchema } from '../schemas.ts';

export interface OrderRoutesOptions {
  readonly lookup: OrderLookup;
  readonly list: OrderList;
  readonly intake: OrderIntake;
  /** Longest request body. */
  readonly maxBodyBytes: number;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const orderUid = Compile(OrderUidSchema);
const lookupRequest = Compile(LookupRequestSchema);
const limitSchema = Compile(LimitSchema);

/** `/api/v1/orders`: find one (by path or by POST), list the latest, send one. */
export function orderRoutes(options: OrderRoutesOptions): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  const answer = async (c: Context<RequestEnv>, uid: string): Promise<Response> => {
    const from = performance.now();
    const found = await options.lookup.find(uid);
    if (found === undefined) throw new ProblemError('order-not-found', undefined, { order_uid: uid });
    const headers = orderHeaders(found, performance.now() - from);
    if (c.req.method !== 'POST' && noneMatch(c.req.header('if-none-match'), found.etag))
      return c.body(null, 304, headers);
    return c.body(found.body, 200, { ...headers, 'content-type': 'application/json' });
  };

  app.post('/lookup', async (c) => {
    const request = parseJson(await readBody(c, options.maxBodyBytes));
    if (lookupRequest.Check(request) && isOrderUid(request.order_uid))
      return await answer(c, request.order_uid);
    const named = typeof request === 'object' && request !== null && 'order_uid' in request;
    throw named
      ? new ProblemError('bad-order-uid')
      : new ProblemError('bad-request', 'The body must be {"order_uid": "…"}.');
  });

  app.get('/', async (c) => {
    const limit = parseLimit(c.req.query('limit'));
    return c.json({ orders: await options.list.latest(limit) }, 200, { 'cache-control': 'no-store' });
  });

  app.post('/', async (c) => {
    const bytes = await readBody(c, options.maxBodyBytes);
    const decoded = decodeOrder(bytes, { maxBytes: options.maxOrderBytes, now: options.now });
    if (!decoded.ok) {
      if (decoded.reason === 'not_json' || decoded.reason === 'invalid_utf8')
        throw new ProblemError('bad-json');
      throw new ProblemError('order-rejected', decoded.detail, { reason: decoded.reason });
    }
    const { order_uid } = decoded.order;
    const { partition, offset } = await options.intake.submit(decoded.order, bytes);
    // The offset is text, as a 64-bit number is in JSON.
    return c.json({ order_uid, partition, offset: offset.toString() }, 202, {
      location: `/api/v1/orders/${encodeURIComponent(order_uid)}`,
    });
  });

  app.get('/:order_uid', (c) => answer(c, uidOfPath(c.req.url)));
  return app;
}

/** PostgreSQL and UTF-8 can hold no others, so no stored order has them. */
function isOrderUid(text: string): boolean {
  return orderUid.Check(text) && text.isWellFormed() && !text.includes('\u0000');
}

/** The last segment, decoded; the router would let a broken escape pass as it is. */
function uidOfPath(url: string): string {
  const { pathname } = new URL(url);
  try {
    const uid = decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1));
    if (isOrderUid(uid)) return uid;
  } catch {}
  throw new ProblemError('bad-order-uid');
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return 20;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!limitSchema.Check(limit)) throw new ProblemError('bad-limit');
  return limit;
}
