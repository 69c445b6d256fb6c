import type { OrderReader } from '../../storage/order-reader.ts';
import type { Handler, Route } from '../http/handler.ts';

/** Who answered a lookup; `absent`: there is no such order; `failed`: the lookup failed. */
export type LookupOutcome = 'l1' | 'redis' | 'postgresql' | 'absent' | 'failed';
/** Responses by the first digit of their status. */
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx';
type OrderLookup = Pick<OrderReader, 'kept' | 'find'>;

/** Lookups by who answered, responses by class. */
export interface ServerCounts {
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  readonly responses: Readonly<Record<StatusClass, number>>;
}

/** What the server counts. */
export class ServerCounters implements ServerCounts {
  readonly lookups: Record<LookupOutcome, number> = { l1: 0, redis: 0, postgresql: 0, absent: 0, failed: 0 };
  readonly responses: Record<StatusClass, number> = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };

  /** Adds the counts of another process. */
  add({ lookups, responses }: ServerCounts): void {
    addTo(this.lookups, lookups);
    addTo(this.responses, responses);
  }

  /** The counts since the last call, reset to 0; undefined when there are none. */
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
    const counted = ({ serve, ...rest }: Route): Route => ({
      ...rest,
      serve: (request) => {
        const response = serve(request);
        return response instanceof Promise ? response.then(count) : count(response);
      },
    });
    return {
      routes: new Map([...handler.routes].map(([path, route]) => [path, counted(route)])),
      find: (path) => counted(handler.find(path)),
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
