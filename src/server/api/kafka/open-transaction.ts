import Type, { type Static } from 'typebox';
import type { OpenTransaction } from '../../../kafka/admin/open-transactions.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';

const OpenTransactionSchema = Type.Object(
  {
    topic: Type.String(),
    partition: Type.Integer({ minimum: 0 }),
    first_offset: Type.Integer({ minimum: 0, description: 'Readers of committed messages stop here' }),
    producer_id: Type.String({ description: '64-bit number as text' }),
    transactional_id: Type.Union([Type.String(), Type.Null()], {
      description: 'Null when no coordinator names it: this service may not ask, or the transaction hangs',
    }),
    started_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    timeout_ms: Type.Union([Type.Integer(), Type.Null()], {
      description: 'The broker aborts it after this time',
    }),
  },
  { additionalProperties: false, $id: 'OpenTransaction' },
);

export const OpenTransactionsSchema = Type.Array(OpenTransactionSchema, {
  description: 'In the partitions where something is pending, as far as the brokers tell',
});

export function openTransactionJson(one: OpenTransaction): Static<typeof OpenTransactionSchema> {
  return {
    topic: one.topic,
    partition: one.partition,
    first_offset: one.firstOffset,
    producer_id: one.producerId,
    transactional_id: one.transactionalId ?? null,
    started_at: one.startedAt === undefined ? null : rfc3339(one.startedAt),
    timeout_ms: one.timeoutMs ?? null,
  };
}
