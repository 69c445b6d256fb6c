import Type, { type Static } from 'typebox';
import type { StateFiguresReader } from '../../../storage/stored-orders.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE } from '../problems.ts';
import { natural, orNull, strict } from '../schemas.ts';
import { OrderStateSchema } from './schemas.ts';

const StatesSchema = Type.Object(
  {
    states: Type.Array(Type.Object({ state: OrderStateSchema, orders: natural() }, strict), {
      description: 'Every state, in the order in which they follow each other',
    }),
    total: natural('All orders, those of an unknown state among them'),
    unknown: natural('Orders that an earlier version stored: their states are being worked out'),
    counted_s: orNull(
      Type.Number({ minimum: 0 }),
      'Seconds since all orders were counted; null: not yet, so orders that an earlier version stored are missing',
    ),
  },
  { ...strict, $id: 'OrderStates' },
);

const description = `Exact, and cheap however many orders there are: whoever stores or deletes orders changes the counts in the same
transaction. Once a day all orders are counted, which mends what other programs changed.`;

/** `GET /api/v1/orders/states`. */
export function orderStateEndpoints({ states }: { readonly states: StateFiguresReader }): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders/states',
        operationId: 'countOrdersByState',
        summary: 'How many orders are in each state',
        description,
        tag: 'orders',
        access: 'reading',
        responses: { 200: { description: 'The counts', schema: StatesSchema } },
        problems: [DATABASE_UNAVAILABLE],
      },
      async () => {
        const { counts, unknown, countedAgeMs } = await states.figures();
        const json: Static<typeof StatesSchema> = {
          states: [...counts].map(([state, orders]) => ({ state, orders })),
          total: counts.values().reduce((sum, orders) => sum + orders, unknown),
          unknown,
          counted_s: countedAgeMs === undefined ? null : Math.max(0, Math.round(countedAgeMs / 1000)),
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}
