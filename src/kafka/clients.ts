import type { EventEmitter } from 'node:events';
import {
  Admin,
  type AdminOptions,
  Consumer,
  type ConsumerOptions,
  findErrorBy,
  Producer,
  type ProducerOptions,
  UserError,
} from '@platformatic/kafka';
import { AppError, messageOf } from '../lib/app-error.ts';
import { acceptLeaderless } from './leaderless.ts';
import { noteUser, ownErrorIn, refusalIn } from './refusal.ts';
import { type KafkaConnection, type Security, securityOf } from './security.ts';

acceptLeaderless();

type Unreached<Options> = Options extends unknown ? Omit<Options, keyof Reach> : never;

/** The options that every client of a cluster shares. */
interface Reach extends Security {
  readonly bootstrapBrokers: string[];
}

/** The part of a logger that readers and senders need. */
export interface KafkaLogger {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/**
 * Makes every client of the library, so that how a cluster is reached is settled in one place: addresses, encryption,
 * login. One of them serves a whole process, whose clients then share tokens.
 */
export class KafkaClients {
  readonly brokers: readonly string[];
  readonly security: Security;
  /** Where this process runs; empty when nobody says. */
  readonly rack: string;

  /** @throws AppError `config_invalid` when certificates can't be read */
  constructor(connection: KafkaConnection, security = securityOf(connection)) {
    this.brokers = connection.brokers;
    this.rack = connection.rack ?? '';
    if (connection.sasl?.username) noteUser(connection.sasl.username);
    this.security = security;
  }

  /** The same with one bootstrap broker, host:port. */
  at(broker: string): KafkaClients {
    return new KafkaClients({ brokers: [broker] }, this.security);
  }

  /** The bootstrap brokers, for messages. */
  get address(): string {
    return this.brokers.join(', ');
  }

  admin(options: Unreached<AdminOptions>): Admin {
    return silenced(new Admin({ ...options, ...this.#reach }));
  }

  consumer(options: Unreached<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>>): Consumer {
    return silenced(new Consumer({ ...options, ...this.#reach }));
  }

  producer<Key = Buffer, Value = Buffer, HeaderKey = Buffer, HeaderValue = Buffer>(
    options: Unreached<ProducerOptions<Key, Value, HeaderKey, HeaderValue>>,
  ): Producer<Key, Value, HeaderKey, HeaderValue> {
    return silenced(new Producer({ ...options, ...this.#reach }));
  }

  get #reach(): Reach {
    return { bootstrapBrokers: [...this.brokers], ...this.security };
  }
}

/** Errors come back from the calls; the event would end the process if nobody listened. */
function silenced<Client extends EventEmitter>(client: Client): Client {
  client.on('error', () => {});
  return client;
}

/** Whether the client's error, or one of its causes, has one of these protocol names (`UNKNOWN_TOPIC_ID`). */
export function hasProtocolError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.some((name) => findErrorBy(error, 'apiId', name) !== null);
}

/**
 * Turns whatever the client threw into an AppError: `kafka_refuses` if a setting or a right has to be changed,
 * `topic_missing` if the topic does not exist, else `kafka_unavailable`.
 * @param name of the group or transaction that was asked for
 */
export function toKafkaError(error: unknown, what: string, name?: string): AppError {
  if (error instanceof AppError) return error;
  const own = ownErrorIn(error);
  // It could be read at the start: somebody is replacing a file.
  if (own?.code === 'config_invalid')
    return new AppError('kafka_unavailable', `${what}: ${own.message}`, { retryable: true, cause: error });
  if (own !== undefined) return own;
  const refusal = refusalIn(error, name);
  if (refusal !== undefined)
    return new AppError('kafka_refuses', `${what}: ${refusal.found}`, { advice: refusal.advice, cause: error });
  if (saysTopicMissing(error)) {
    return new AppError('topic_missing', `${what}: the topic does not exist, or was re-created`, {
      retryable: true,
      cause: error,
    });
  }
  return new AppError('kafka_unavailable', `${what}: ${messageOf(error)}`, { retryable: true, cause: error });
}

/** Whether a broker that has just started is still loading, or creating, its data about groups and producers. */
export function saysNotYet(error: unknown): boolean {
  return hasProtocolError(
    error instanceof AppError ? error.cause : error,
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
  );
}

/** How long a broker may take for that without a warning. */
export const NOT_YET_PATIENCE_MS = 20_000;

const MISSING = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID'] as const;

/**
 * Whether the broker says that a topic is missing, or the client does: it looks topics up in the metadata and throws a
 * UserError for an unknown topic or partition.
 */
export function saysTopicMissing(error: unknown): boolean {
  return hasProtocolError(error, ...MISSING) || error instanceof UserError;
}
