import Type, { type Static, type TInteger, type TNull, type TSchema, type TUnion } from 'typebox';
import type { EngineOrder } from '../../contract/engine.ts';
import type { Position, RecordHeaders } from '../../contract/letter.ts';
import { textOrBase64 } from '../../lib/printable.ts';
import { REJECTION_REASONS } from '../../order/rejection.ts';
import { CACHE_TROUBLES } from '../../storage/cache-trouble.ts';
import { problemSchema } from '../http/problem.ts';

/** Of an object that has no other members. */
export const strict = { additionalProperties: false } as const;

/** A whole number from 0 on: how many, or an offset. */
export function natural(description?: string): TInteger {
  return Type.Integer({ minimum: 0, ...(description !== undefined && { description }) });
}

export function orNull<T extends TSchema>(schema: T, description?: string): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
}

/** An order_uid that an order can have: PostgreSQL can't hold U+0000. */
export const LookupUidSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\u0000]+$',
  description: 'The order’s identifier',
});

/** How many orders a list may have. */
export const LimitSchema = Type.Integer({ minimum: 1, maximum: 200, default: 20, description: 'How many' });

/** The cursor of the next page. */
export const NextCursorSchema = orNull(
  Type.String(),
  'Send it as `cursor` to get the next page; null after the last page',
);

/** RFC 3339; in UTC when the server sends it. */
export const InstantSchema = Type.String({ format: 'date-time' });

/** An offset in a partition of Kafka. */
export const OffsetSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** The consumer's verdict on an order. */
export const OrderCheckSchema = Type.Object(
  {
    accepted: Type.Boolean({ description: 'It would be stored, unless PostgreSQL refuses it' }),
    order_uid: Type.Optional(Type.String({ description: 'Of an accepted order' })),
    reason: Type.Optional(Type.Enum([...REJECTION_REASONS], { description: 'The code a dead letter would have' })),
    violations: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({ description: 'JSON Pointer (RFC 6901); empty for the whole' }),
            message: Type.String(),
          },
          strict,
        ),
        { description: 'Everything that is wrong, 100 at most' },
      ),
    ),
  },
  { ...strict, $id: 'OrderCheck' },
);

/** Why Redis is not in use as a cache. */
export const CacheTroubleSchema = Type.Enum(CACHE_TROUBLES, {
  $id: 'CacheTrouble',
  description:
    'unreachable: no answer, or too late; insecure: a certificate is not accepted, or only one side speaks TLS; no_permission: its user can’t log in, or lacks rights a cache needs; out_of_memory: it is full and does not evict; read_only: a replica, or it can’t write to its disk; other_database: its keys belong to another database; unverified: PostgreSQL has not confirmed yet which database this is; refused: anything else',
});

/** The state of the engines, and of what this process does with them. */
export const ReadinessSchema = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'unavailable']),
    engines: Type.Array(
      Type.Object(
        {
          name: Type.Enum(['postgresql', 'kafka', 'redis']),
          status: Type.Enum(['up', 'down']),
          required: Type.Boolean(),
          latency_ms: Type.Optional(Type.Number()),
          in_use: Type.Optional(Type.Literal(false)),
          reason: Type.Optional(
            Type.Union([CacheTroubleSchema, Type.Literal('storing_waits')], {
              description:
                'Why it can’t be used, if known; for PostgreSQL, read_only: it accepts no writes; storing_waits: orders wait to be stored',
            }),
          ),
          advice: Type.Optional(Type.String({ description: 'What to do, if known, such as which setting to change' })),
        },
        strict,
      ),
    ),
    roles: Type.Array(
      Type.Object(
        {
          name: Type.Enum(['consumer', 'producer']),
          status: Type.Enum(['ready', 'not_ready']),
          required: Type.Boolean(),
          reason: Type.Optional(
            Type.Enum(['no_member', 'no_progress', 'fenced', 'not_acknowledged'], {
              description:
                'no_member: not a member of its consumer group; no_progress: messages are there, and nothing has been stored for consumer.stallMs; fenced: the same, because another consumer stores them; not_acknowledged: Kafka acknowledges nothing',
            }),
          ),
        },
        strict,
      ),
      { description: 'What this process does besides answering' },
    ),
  },
  { ...strict, $id: 'Readiness' },
);

export type ReadinessJson = Static<typeof ReadinessSchema>;

/** One engine of a readiness answer. */
export type EngineReadiness = ReadinessJson['engines'][number];

/** One role of a readiness answer. */
export type RoleReadiness = ReadinessJson['roles'][number];

/** RFC 9457; some kinds add members of their own. */
export const ProblemSchema = problemSchema({
  order_uid: Type.Optional(LookupUidSchema),
  reason: Type.Optional(Type.String({ description: 'Why an order was rejected' })),
});

/** `3:17`: partition 3, offset 17. */
export const PositionSchema = Type.String({ pattern: '^\\d{1,9}:\\d{1,15}$' });

/** `3:17`, as PositionSchema has checked it. */
export function positionOf(text: string): Position {
  const [partition, offset] = text.split(':').map(Number);
  return { partition: partition ?? 0, offset: offset ?? 0 };
}

/** See `textOrBase64`. */
export const BytesSchema = Type.Union([Type.String(), Type.Object({ base64: Type.String() }, strict)], {
  description: 'Text, or base64 when it is not UTF-8',
});

export const HeadersSchema = Type.Array(Type.Object({ name: Type.String(), value: orNull(BytesSchema) }, strict), {
  description: 'In their order; a name may occur more than once',
});

export function headersJson(headers: RecordHeaders): Static<typeof HeadersSchema> {
  return headers.map(([name, content]) => ({ name: name?.toString() ?? '', value: content && textOrBase64(content) }));
}

/** Tells everyone who watches live what was asked for, in words and in figures. */
export interface LiveAnnouncer {
  note(
    kind: 'engine_action' | 'rate_changed' | 'redriven',
    text: string,
    fields: {
      readonly engine?: string;
      readonly action?: EngineOrder['action'];
      readonly rate?: number;
      readonly count?: number;
    },
  ): void;
}
