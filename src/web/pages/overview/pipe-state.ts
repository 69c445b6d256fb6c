import type { LiveSample } from '../../../client/schema.generated.ts';

/** What there is to say of the whole pipe: the worst of it. */
export type PipeState = 'kafka_down' | 'postgresql_down' | 'waiting' | 'behind' | 'redis_down' | 'idle' | 'flowing';

/** Messages; fewer that wait are no lag to speak of. */
const LITTLE = 100;
/** So many seconds' worth of messages are none either. */
const SOON_S = 3;

export function pipeStateOf({ engines, topic, consumer, generator }: LiveSample): PipeState {
  const isDown = (name: string) => engines.some((engine) => engine.name === name && engine.status === 'down');
  if (isDown('kafka')) return 'kafka_down';
  if (isDown('postgresql')) return 'postgresql_down';
  if (consumer?.waiting === true) return 'waiting';
  if (topic !== null && topic.lag > Math.max(LITTLE, SOON_S * topic.stored_per_s)) return 'behind';
  if (isDown('redis')) return 'redis_down';
  return topic?.arrived_per_s === 0 && generator?.state !== 'running' ? 'idle' : 'flowing';
}

/** How many per cent of the lookups each tier answers. */
export function tierShares({ lookups }: LiveSample): Readonly<Record<'l1' | 'redis' | 'postgresql', number>> {
  const { l1_per_s: l1, redis_per_s: redis, postgresql_per_s: postgresql } = lookups;
  const share = (part: number) => Math.round((100 * part) / Math.max(l1 + redis + postgresql, 0.001));
  return { l1: share(l1), redis: share(redis), postgresql: share(postgresql) };
}
