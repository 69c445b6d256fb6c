import type { EngineControl, EngineName, EngineView } from '../../src/contract/engine.ts';

const ENGINE: EngineView = {
  name: 'kafka',
  title: 'Kafka',
  address: '127.0.0.1:9092',
  answers: true,
  state: 'running',
  version: '4.4.0',
  pid: 7,
  obstacle: undefined,
  resumesAt: undefined,
  last: undefined,
};

/** Engines in memory: Kafka runs, PostgreSQL is busy and does not start, Redis runs elsewhere. */
export function fakeEngines(): EngineControl & { readonly orders: unknown[] } {
  const orders: unknown[] = [];
  const find = async (name: EngineName): Promise<EngineView> => ({
    ...ENGINE,
    name,
    ...(name === 'redis' && { title: 'Redis', pid: undefined, obstacle: 'elsewhere' }),
  });
  return {
    orders,
    find,
    list: async () => [await find('postgresql'), await find('kafka'), await find('redis')],
    act: async (name, order) => {
      if (name === 'redis') return { accepted: false, why: 'elsewhere' };
      if (name === 'postgresql' && order.action === 'pause') return { accepted: false, why: 'not_running' };
      if (name === 'postgresql' && order.action === 'stop') return { accepted: false, why: 'busy' };
      orders.push(order);
      if (name === 'postgresql') return { accepted: true, done: Promise.reject(new Error('no space left')) };
      return { accepted: true, done: order.action === 'restart' ? new Promise(() => {}) : Promise.resolve() };
    },
  };
}
