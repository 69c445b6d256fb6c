import type { OrderReader } from '../../storage/order-reader.ts';
import { Distribution } from '../../telemetry/distribution.ts';
import type { Handler, Route } from '../http/handler.ts';

/** Who answered a lookup; `absent`: there is no such order; `failed`: the lookup failed. */
export type LookupOutcome = 'l1' | 'redis' | 'postgresql' | 'absent' | 'failed';
/** Responses by the first digit of their status. */
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx';
type OrderLookup = Pick<OrderReader, 'kept' | 'find'>;

/** The requests of one method, route and status: how many, and how long each took until its response began, s. */
interface RequestCount {
  readonly labels: { readonly method: string; readonly route: string; readonly code: string };
  readonly distribution: Pick<Distribution, 'counts' | 'sum'>;
}

/** Lookups by who answered, requests by what they were and how long they took. */
export interface ServerCounts {
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  readonly requests: readonly RequestCount[];
}

const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Methods with a name of their own among figures and spans; clients may invent others. */
export const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/**
 * Of responses that are made at once, one in so many is timed, and the next ones count as it did: reading the clock
 * twice would cost more than all the rest of counting them.
 */
const TIMED_EVERY = 16;

/** What the server counts. */
export class ServerCounters {
  readonly lookups: Record<LookupOutcome, number> = { l1: 0, redis: 0, postgresql: 0, absent: 0, failed: 0 };
  readonly #requests = new Map<string, RequestCount & { readonly distribution: Distribution }>();

  /** Of all requests so far. */
  get requests(): readonly (RequestCount & { readonly distribution: Distribution })[] {
    return [...this.#requests.values()];
  }

  /** The same by the class of their status. */
  get responses(): Record<StatusClass, number> {
    const responses = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
    for (const { labels, distribution } of this.#requests.values())
      responses[classOf(Number(labels.code))] += distribution.count;
    return responses;
  }

  /** Adds the counts of another process. */
  add({ lookups, requests }: ServerCounts): void {
    addTo(this.lookups, lookups);
    for (const { labels, distribution } of requests) this.#of(labels).add(distribution);
  }

  /** The counts since the last call, reset to 0; undefined when there are none. */
  take(): ServerCounts | undefined {
    const lookups = { ...this.lookups };
    clear(this.lookups);
    const requests = this.requests.flatMap(({ labels, distribution }) =>
      distribution.count === 0 ? [] : [{ labels, distribution: distribution.take() }],
    );
    const counted = requests.length > 0 || Object.values(lookups).some((count) => count > 0);
    return counted ? { lookups, requests } : undefined;
  }

  /** The same lookup, counted. What is found at once stays at once. */
  countLookups(lookup: OrderLookup): OrderLookup {
    const found = <T extends Awaited<ReturnType<OrderLookup['find']>>>(answer: T): T => {
      this.lookups[answer?.tier ?? 'absent'] += 1;
      return answer;
    };
    const failed = (error: unknown): never => {
      this.lookups.failed += 1;
      throw error;
    };
    return {
      kept: (uid) => {
        const order = lookup.kept(uid);
        return order && found(order);
      },
      find: (uid) => {
        const answer = lookup.find(uid);
        return answer instanceof Promise ? answer.then(found, failed) : found(answer);
      },
    };
  }

  /** The same handler, its requests counted. `traceId`: of the trace that a response belongs to, if there is one. */
  countRequests(handler: Handler, traceId?: () => string | undefined): Handler {
    const known = new Map<Route, Route>();
    const counted = (route: Route): Route => {
      const one = known.get(route) ?? this.#counted(route, traceId);
      known.set(route, one);
      return one;
    };
    return {
      routes: new Map([...handler.routes].map(([path, route]) => [path, counted(route)])),
      find: (path) => counted(handler.find(path)),
    };
  }

  #counted({ serve, ...route }: Route, traceId?: () => string | undefined): Route {
    const { path = 'none' } = route;
    // Found again without making the text that is its key in the other map.
    const known = new Map<string, Map<number, Distribution>>();
    const distributionOf = (given: string, status: number): Distribution => {
      const method = METHODS.has(given) ? given : 'other';
      const ofMethod = known.get(method) ?? new Map<number, Distribution>();
      known.set(method, ofMethod);
      const distribution = this.#of({ method, route: path, code: String(status) });
      ofMethod.set(status, distribution);
      return distribution;
    };
    const count = (response: Response, method: string, seconds: number): Response => {
      const { status } = response;
      const distribution = known.get(method)?.get(status) ?? distributionOf(method, status);
      distribution.note(seconds, traceId?.());
      return response;
    };
    let turn = 0;
    let atOnce = 0;
    return {
      ...route,
      serve: (request) => {
        const timed = turn++ % TIMED_EVERY === 0;
        const from = timed ? performance.now() : 0;
        const { method } = request;
        const response = serve(request);
        if (response instanceof Promise) {
          const waitsFrom = timed ? from : performance.now();
          return response.then((one) => count(one, method, (performance.now() - waitsFrom) / 1000));
        }
        if (timed) atOnce = (performance.now() - from) / 1000;
        return count(response, method, atOnce);
      },
    };
  }

  #of(labels: RequestCount['labels']): Distribution {
    const key = `${labels.method} ${labels.code} ${labels.route}`;
    const known = this.#requests.get(key)?.distribution;
    if (known !== undefined) return known;
    const distribution = new Distribution(SECONDS);
    this.#requests.set(key, { labels, distribution });
    return distribution;
  }
}

function classOf(status: number): StatusClass {
  return status < 300 ? '2xx' : status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx';
}

function addTo<K extends string>(counts: Record<K, number>, more: Readonly<Record<K, number>>): void {
  for (const name in counts) counts[name] += more[name];
}

function clear<K extends string>(counts: Record<K, number>): void {
  for (const name in counts) counts[name] = 0;
}
