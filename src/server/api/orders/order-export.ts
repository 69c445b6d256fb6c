import Type from 'typebox';
import { messageOf } from '../../../lib/app-error.ts';
import type { Order } from '../../../order/order.ts';
import type { ListPage, OrderListing } from '../../../storage/stored-orders.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { NO_STORE, textStream } from '../../http/reply.ts';
import { Slots } from '../../http/slots.ts';
import { DATABASE_UNAVAILABLE } from '../problems.ts';
import { csvHeader, orderToCsv } from './order-csv.ts';
import { type FilterParameters, ORDER_FILTER_PARAMETERS, orderFilter } from './order-list.ts';

export interface OrderExportOptions {
  readonly listing: Pick<OrderListing, 'texts'>;
  readonly logger: Logger;
}

/** Most exports at once. */
const MAX_EXPORTS = 8;
/** A client may pause for a minute. */
const IDLE_SECONDS = 75;
/** Orders of a page: a few hundred kilobytes. */
const PAGE_ORDERS = 500;

const description =
  'Streamed as the client reads it, with the guarantees of the list; the client may pause for a minute. The body is chunked, and its last chunk (RFC 9112 section 7.1) comes only when the export is complete: if something goes wrong, the connection is reset instead, which HTTP clients report as an error.';

/** `GET /api/v1/orders.ndjson` and `.csv`. */
export function orderExportEndpoints({ listing, logger }: OrderExportOptions): Endpoint[] {
  const slots = new Slots(MAX_EXPORTS);

  /** Reads the first page before the answer begins, so that a database that is down is a 503. */
  const exported = async (
    method: string,
    query: FilterParameters,
    name: string,
    contentType: string,
    toText: (page: readonly string[]) => string,
    head = '',
  ) => {
    const headers = {
      ...NO_STORE,
      'content-type': contentType,
      'content-disposition': `attachment; filename="${name}"`,
    };
    const listed = { filter: orderFilter(query), order: query.order, limit: PAGE_ORDERS };
    if (method === 'HEAD') return { status: 200, headers } as const;
    const free = slots.take();
    const end = (error?: unknown): void => {
      free();
      if (error !== undefined) logger.warn({ export: name, reason: messageOf(error) }, 'export failed');
    };
    try {
      const first = await listing.texts(listed);
      async function* texts(): AsyncGenerator<string> {
        if (head !== '') yield head;
        let page: ListPage<string> = first;
        for (;;) {
          if (page.orders.length > 0) yield toText(page.orders);
          if (page.next === undefined) return;
          page = await listing.texts({ ...listed, after: page.next });
        }
      }
      return { status: 200, headers, body: textStream(texts(), end) } as const;
    } catch (error) {
      end();
      throw error;
    }
  };

  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders.ndjson',
        operationId: 'exportOrdersAsNdjson',
        summary: 'All orders of a filter, one JSON document a line',
        description,
        tag: 'orders',
        access: 'reading',
        query: Type.Object(ORDER_FILTER_PARAMETERS),
        streams: true,
        idleSeconds: IDLE_SECONDS,
        responses: { 200: { description: 'The orders', contentTypes: ['application/x-ndjson'] } },
        problems: [DATABASE_UNAVAILABLE, TOO_MANY_AT_ONCE],
      },
      ({ query, method }) =>
        exported(method, query, 'orders.ndjson', 'application/x-ndjson', (page) => `${page.join('\n')}\n`),
    ),

    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders.csv',
        operationId: 'exportOrdersAsCsv',
        summary: 'All orders of a filter as CSV (RFC 4180), one order a line, the items as JSON',
        description,
        tag: 'orders',
        access: 'reading',
        query: Type.Object({
          ...ORDER_FILTER_PARAMETERS,
          formulas: Type.Enum(['escape', 'keep'], {
            default: 'escape',
            description:
              'escape: text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end) is prefixed with an apostrophe; keep: all text stays as it is',
          }),
        }),
        streams: true,
        idleSeconds: IDLE_SECONDS,
        responses: { 200: { description: 'The orders', contentTypes: ['text/csv'] } },
        problems: [DATABASE_UNAVAILABLE, TOO_MANY_AT_ONCE],
      },
      ({ query: { formulas, ...query }, method }) => {
        const line = (text: string): string => {
          const order: Order = JSON.parse(text);
          return orderToCsv(order, formulas === 'escape');
        };
        const toText = (page: readonly string[]): string => page.map(line).join('');
        const contentType = 'text/csv; charset=utf-8; header=present';
        return exported(method, query, 'orders.csv', contentType, toText, csvHeader());
      },
    ),
  ];
}
