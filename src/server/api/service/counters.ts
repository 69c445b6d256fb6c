import { type Handler, mapRoutes } from '../../http/server.ts';
import type { LookupOutcome, StatusClass } from '../live/figures.ts';
import type { OrderLookup } from '../orders/dependencies.ts';

/** Lookups by who answered, responses by class. */
export interface ServerCounts {
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  readonly responses: Readonly<Record<StatusClass, number>>;
}

/** What the server counts; read when somebody asks. */
export class ServerCounters implements ServerCounts {
  readonly lookups: Record<LookupOutcome, number> = { l1: 0, redis: 0, postgresql: 0, absent: 0, failed: 0 };
  readonly responses: Record<StatusClass, number> = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };

  /** Adds what another process has counted. */
  add({ lookups, responses }: ServerCounts): void {
    addTo(this.lookups, lookups);
    addTo(this.responses, responses);
  }

  /** What was counted since the last call, which is forgotten here; undefined when it is nothing. */
  take(): ServerCounts | undefined {
    const taken = { lookups: { ...this.lookups }, responses: { ...this.responses } };
    clear(this.lookups);
    clear(this.responses);
    return [taken.lookups, taken.responses].some(isCounted) ? taken : undefined;
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

  /** The same handler, its responses counted. */
  countResponses(handler: Handler): Handler {
    const count = (response: Response): Response => {
      const { status } = response;
      this.responses[status < 300 ? '2xx' : status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx'] += 1;
      return response;
    };
    const counted = (answer: Handler['fetch']) => (request: Request) => {
      const response = answer(request);
      return response instanceof Promise ? response.then(count) : count(response);
    };
    return {
      fetch: counted((request) => handler.fetch(request)),
      direct: mapRoutes(handler.direct, counted),
      ...(handler.special && { special: handler.special }),
    };
  }
}

function addTo<K extends string>(counts: Record<K, number>, more: Readonly<Record<K, number>>): void {
  for (const name in counts) counts[name] += more[name];
}

function clear<K extends string>(counts: Record<K, number>): void {
  for (const name in counts) counts[name] = 0;
}

function isCounted(counts: Readonly<Record<string, number>>): boolean {
  return Object.values(counts).some((count) => count > 0);
}
