import { AppError, type AppErrorCode } from '../../lib/app-error.ts';
import { type Problem, ProblemError } from '../http/problem.ts';

/** Problems of several resources; a resource has its own ones beside its schemas. */
export const DATABASE_UNAVAILABLE: Problem = {
  name: 'database-unavailable',
  status: 503,
  title: 'PostgreSQL does not answer',
  advice: 'Orders in the cache are still served. Try again later.',
  retryAfterSeconds: 2,
};
export const KAFKA_UNAVAILABLE: Problem = {
  name: 'kafka-unavailable',
  status: 503,
  title: 'Kafka does not answer',
  advice: 'Try again later.',
  retryAfterSeconds: 5,
};
export const ORDER_UNCONFIRMED: Problem = {
  name: 'order-unconfirmed',
  status: 503,
  title: 'Kafka has not confirmed the order',
  advice: 'Kafka may or may not have it. Sending it again is safe: the same order is stored once.',
  retryAfterSeconds: 5,
};
export const KAFKA_REJECTED: Problem = {
  name: 'kafka-rejected',
  status: 422,
  title: 'Kafka rejected this message',
  advice: 'It may be longer than the topic allows: see max.message.bytes among its settings.',
};
export const KAFKA_REFUSES: Problem = {
  name: 'kafka-refuses',
  status: 503,
  title: 'Kafka accepts no messages from this service',
  advice:
    "The clock of the service's machine is too far from the broker's, or the service may not write to the topic: its log says which.",
  retryAfterSeconds: 30,
};
export const CACHE_UNAVAILABLE: Problem = {
  name: 'cache-unavailable',
  status: 503,
  title: 'Redis is not in use',
  advice: 'It does not answer, or the circuit breaker waits before the next attempt. Lookups work without it.',
  retryAfterSeconds: 2,
};
export const DEAD_LETTERS_BUSY: Problem = {
  name: 'dead-letters-busy',
  status: 503,
  title: 'The dead letters are in use',
  advice: 'Another process is redriving them, or too many requests are reading them. Try again later.',
  retryAfterSeconds: 5,
};
export const TOPIC_NOT_FOUND: Problem = {
  name: 'topic-not-found',
  status: 404,
  title: 'There is no such topic',
  advice: 'GET /api/v1/topics lists them. Kafka’s own topics are listed on request, but their messages can’t be read.',
};
export const MESSAGE_NOT_FOUND: Problem = {
  name: 'message-not-found',
  status: 404,
  title: 'There is no message at this position',
  advice:
    'The partition does not exist, or its log begins later or ends earlier; an offset may also be a transaction marker.',
};

const BY_CODE: Partial<Record<AppErrorCode, Problem>> = {
  database_unavailable: DATABASE_UNAVAILABLE,
  kafka_unavailable: KAFKA_UNAVAILABLE,
  kafka_rejected: KAFKA_REJECTED,
  kafka_refuses: KAFKA_REFUSES,
  cache_unavailable: CACHE_UNAVAILABLE,
  topic_missing: KAFKA_UNAVAILABLE,
  busy: DEAD_LETTERS_BUSY,
};

/** The problem that an AppError is for the client; undefined for an internal error. */
export function problemOf(error: unknown): Problem | undefined {
  return error instanceof AppError ? BY_CODE[error.code] : undefined;
}

/** Turns a missing topic into a 404. */
export async function orNotFound<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === 'topic_missing') throw new ProblemError(TOPIC_NOT_FOUND);
    throw error;
  }
}
