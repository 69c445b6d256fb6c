import Type from 'typebox';
import type { Order } from '../../../order/order.ts';
import type { ListRequest, OrderListing } from '../../../storage/stored-orders.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { CSV_TYPE, FormulasSchema } from '../csv.ts';
import { EXPORT_IDLE_SECONDS, EXPORT_NOTE, FileExports } from '../file-export.ts';
import { DATABASE_UNAVAILABLE } from '../problems.ts';
import { csvHeader, orderToCsv } from './order-csv.ts';
import { type FilterParameters, ORDER_FILTER_PARAMETERS, orderFilter } from './order-list.ts';

export interface OrderExportOptions {
  readonly listing: Pick<OrderListing, 'texts'>;
  readonly logger: Logger;
}

/** Most exports at once. */
const MAX_EXPORTS = 8;
/** Orders of a page: a few hundred kilobytes. */
const PAGE_ORDERS = 500;

const COMMON = {
  method: 'get',
  description: `With the guarantees of the list. ${EXPORT_NOTE}`,
  tag: 'orders',
  access: 'reading',
  streams: true,
  idleSeconds: EXPORT_IDLE_SECONDS,
  problems: [DATABASE_UNAVAILABLE, TOO_MANY_AT_ONCE],
} as const;

/** `GET /api/v1/orders.ndjson` and `.csv`. */
export function orderExportEndpoints({ listing, logger }: OrderExportOptions): Endpoint[] {
  const exports = new FileExports(MAX_EXPORTS, logger);

  const pages = (query: FilterParameters, toText: (page: readonly string[]) => string): AsyncGenerator<string> =>
    texts({ filter: orderFilter(query), order: query.order, limit: PAGE_ORDERS }, toText);

  async function* texts(
    listed: Omit<ListRequest, 'after'>,
    toText: (page: readonly string[]) => string,
  ): AsyncGenerator<string> {
    let page = await listing.texts(listed);
    for (;;) {
      if (page.orders.length > 0) yield toText(page.orders);
      if (page.next === undefined) return;
      page = await listing.texts({ ...listed, after: page.next });
    }
  }

  return [
    endpoint(
      {
        ...COMMON,
        path: '/api/v1/orders.ndjson',
        operationId: 'exportOrdersAsNdjson',
        summary: 'All orders of a filter, one JSON document a line',
        query: Type.Object(ORDER_FILTER_PARAMETERS),
        responses: { 200: { description: 'The orders', contentTypes: ['application/x-ndjson'] } },
      },
      ({ query, method }) => {
        const file = { name: 'orders.ndjson', contentType: 'application/x-ndjson' };
        return exports.answer(
          method,
          file,
          pages(query, (page) => `${page.join('\n')}\n`),
        );
      },
    ),

    endpoint(
      {
        ...COMMON,
        path: '/api/v1/orders.csv',
        operationId: 'exportOrdersAsCsv',
        summary: 'All orders of a filter as CSV (RFC 4180), one order a line, the items as JSON',
        query: Type.Object({ ...ORDER_FILTER_PARAMETERS, formulas: FormulasSchema }),
        responses: { 200: { description: 'The orders', contentTypes: ['text/csv'] } },
      },
      ({ query: { formulas, ...query }, method }) => {
        const line = (text: string): string => {
          const order: Order = JSON.parse(text);
          return orderToCsv(order, formulas === 'escape');
        };
        const file = { name: 'orders.csv', contentType: CSV_TYPE, head: csvHeader() };
        return exports.answer(
          method,
          file,
          pages(query, (page) => page.map(line).join('')),
        );
      },
    ),
  ];
}
