import type { OrderLookup } from './dependencies.ts';
import type { LookupOutcome, StatusClass } from './live/readings.ts';
import { type Handler, mapRoutes } from './server.ts';

/** What the server counts; read when somebody asks. */
export class ServerCounters {
  readonly lookups: Record<LookupOutcome, number> = { l1: 0, redis: 0, postgresql: 0, absent: 0, failed: 0 };
  readonly responses: Record<StatusClass, number> = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };

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
    };
  }
}
