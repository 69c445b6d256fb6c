import type { SpanContext } from '@opentelemetry/api';
import pkg from '../../../package.json' with { type: 'json' };
import type { AroundBatch, OrderSink } from '../../consumer/batch-storer.ts';
import type { LogRecord } from '../../kafka/read/order-log.ts';
import type { MessageSender, OutgoingMessage } from '../../kafka/send/message-sender.ts';
import { readSecret } from '../../lib/secret.ts';
import { METHODS } from '../../server/api/counters.ts';
import type { Handler, Route } from '../../server/http/handler.ts';
import { pathOf } from '../../server/http/proxy.ts';
import type { OrderStore } from '../../storage/postgresql/order-store.ts';
import type { OrderCache } from '../../storage/redis/order-cache.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { isSampled, MOST_LINKS, type OpenSpan, spanContextOf, Tracing } from '../../telemetry/tracing.ts';
import { headersOf } from './config-problems.ts';
import type { Config } from './config-schema.ts';

const TRACEPARENT = Buffer.from('traceparent');
const POSTGRESQL = { 'db.system.name': 'postgresql' } as const;
const REDIS = { 'db.system.name': 'redis' } as const;

function messaging(operation: 'send' | 'process', topic: string) {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
  };
}

type LookupCache = Pick<OrderCache, 'fromL1' | 'get' | 'fill' | 'invalidate'>;

/**
 * The parts of a process that spans are made of: the same parts, traced. Names and attributes are those of
 * OpenTelemetry's semantic conventions for HTTP, messaging and databases; no body of an order gets into one.
 * @see https://opentelemetry.io/docs/specs/semconv/
 */
export class Traced {
  readonly #tracing: Tracing;

  constructor({ endpoint, headers, headersFile, sampleRatio }: Config['tracing'], logger: Logger) {
    const read = (): string => readSecret({ name: 'tracing.headers', text: headers, file: headersFile });
    const options = { endpoint, sampleRatio, version: pkg.version, logger: logger.child({ client: 'tracing' }) };
    this.#tracing = new Tracing({ ...options, headers: () => headersOf(read()) });
  }

  ids(): ReturnType<Tracing['ids']> {
    return this.#tracing.ids();
  }

  traceId(): string | undefined {
    return this.#tracing.traceId();
  }

  close(deadlineMs: number): Promise<void> {
    return this.#tracing.close(deadlineMs);
  }

  /** A span for each request to the API, in the trace that the request names. */
  handler(handler: Handler, scheme: 'http' | 'https'): Handler {
    const traced = new Map(
      [...handler.routes].map(([path, route]) => [
        route,
        path.startsWith('/api/') ? this.#route(path, route, scheme) : route,
      ]),
    );
    const of = (route: Route): Route => traced.get(route) ?? route;
    return {
      routes: new Map([...handler.routes].map(([path, route]) => [path, of(route)])),
      find: (path) => of(handler.find(path)),
    };
  }

  #route(path: string, route: Route, scheme: 'http' | 'https'): Route {
    const template = path.replace(/:(\w+)/g, '{$1}');
    return {
      ...route,
      serve: (request) => {
        const method = METHODS.has(request.method) ? request.method : '_OTHER';
        return this.#tracing.span(
          {
            name: `${method === '_OTHER' ? 'HTTP' : method} ${template}`,
            kind: 'server',
            parent: spanContextOf(request.headers.get('traceparent')) ?? 'none',
            attributes: {
              'http.request.method': method,
              'http.route': template,
              'url.path': pathOf(request.url),
              'url.scheme': request.url.startsWith('https:') ? 'https' : scheme,
            },
          },
          async (span) => {
            const response = await route.serve(request);
            span.set({ 'http.response.status_code': response.status });
            if (response.status >= 500) span.fail(String(response.status));
            return response;
          },
        );
      },
    };
  }

  /** A span for each sending. Its messages carry its context, unless their own headers name no trace at all. */
  sender(sender: MessageSender): MessageSender {
    return {
      send: (topic, messages) => {
        const [first] = messages;
        const attributes = {
          ...messaging('send', topic),
          ...(messages.length === 1 && first?.key
            ? { 'messaging.kafka.message.key': first.key.toString() }
            : { 'messaging.batch.message_count': messages.length }),
        };
        return this.#tracing.span({ name: `send ${topic}`, kind: 'producer', attributes }, async (span) => {
          const positions = await sender.send(topic, messages.map(carrying(span)));
          const [position] = positions;
          if (messages.length === 1 && position !== undefined)
            span.set({
              'messaging.destination.partition.id': String(position.partition),
              'messaging.kafka.offset': Number(position.offset),
            });
          return positions;
        });
      },
      close: () => sender.close(),
    };
  }

  /**
   * A span for each batch, with a link to each of the first producers. It belongs to the producer's trace when there is
   * one producer, and begins a trace when there are several.
   */
  batch(topic: string, group: string): AroundBatch {
    return (records, work) => {
      const links = producersOf(records);
      const [only] = links;
      const [first] = records;
      const attributes = {
        ...messaging('process', topic),
        'messaging.consumer.group.name': group,
        'messaging.batch.message_count': records.length,
        ...(records.length === 1 && first?.key && { 'messaging.kafka.message.key': first.key.toString() }),
      };
      const parent = links.length === 1 ? only : 'none';
      return this.#tracing.span({ name: `process ${topic}`, kind: 'consumer', parent, links, attributes }, work);
    };
  }

  /** A span for each transaction. */
  sink(sink: OrderSink): OrderSink {
    const about = {
      name: 'COPY orders',
      kind: 'client',
      attributes: { ...POSTGRESQL, 'db.operation.name': 'COPY', 'db.collection.name': 'orders' },
    } as const;
    return {
      write: (batch) =>
        this.#tracing.span(about, async (span) => {
          const result = await sink.write(batch);
          span.set({ 'db.operation.batch.size': result.written + result.unchanged });
          return result;
        }),
    };
  }

  /** A span for each query, in the trace of the first lookup that it answers. */
  store(store: Pick<OrderStore, 'findMany'>): Pick<OrderStore, 'findMany'> {
    const about = { ...POSTGRESQL, 'db.collection.name': 'orders' };
    return {
      findMany: (uids) => this.#query('SELECT', 'SELECT orders', about, uids.length, () => store.findMany(uids)),
    };
  }

  /** A span for each command, but none for what the process's own memory answers. */
  cache(cache: LookupCache): LookupCache {
    return {
      fromL1: (uid) => cache.fromL1(uid),
      get: (uids) => this.#query('MGET', 'MGET', REDIS, uids.length, () => cache.get(uids)),
      fill: (fills) => this.#query('EVAL', 'EVAL', REDIS, fills.length, () => cache.fill(fills)),
      invalidate: (uids, cause) =>
        this.#query('UNLINK', 'UNLINK', REDIS, uids.length, () => cache.invalidate(uids, cause)),
    };
  }

  #query<T>(
    command: string,
    name: string,
    attributes: Readonly<Record<string, string>>,
    size: number,
    work: () => Promise<T>,
  ): Promise<T> {
    const all = { ...attributes, 'db.operation.name': command, ...(size > 1 && { 'db.operation.batch.size': size }) };
    return this.#tracing.span({ name, kind: 'client', attributes: all }, work);
  }
}

/** A dead letter keeps the trace of its message, among the headers it carries on. */
function carrying({ traceparent }: OpenSpan): (message: OutgoingMessage) => OutgoingMessage {
  return (message) =>
    'traceparent' in message.headers ? { ...message, headers: { ...message.headers, traceparent } } : message;
}

/** The spans, if they are recorded, in which the messages were sent: each once, and the first ones of many. */
function producersOf(records: readonly LogRecord[]): SpanContext[] {
  const found = new Map<string, SpanContext>();
  for (const record of records) {
    const text = record.header(TRACEPARENT)?.toString();
    if (text === undefined || found.has(text)) continue;
    const context = spanContextOf(text);
    if (context !== undefined && isSampled(context)) found.set(text, context);
    if (found.size === MOST_LINKS) break;
  }
  return [...found.values()];
}
