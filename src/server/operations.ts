import type { GroupCatalog } from '../kafka/group-catalog.ts';
import type { MessageBrowser } from '../kafka/message-browser.ts';
import type { TopicCatalog } from '../kafka/topic-catalog.ts';
import type { Endpoint } from './endpoint.ts';
import type { EventStreams } from './event-streams.ts';
import type { LiveSampler } from './live/sampler.ts';
import { type CacheEndpointsOptions, cacheEndpoints } from './routes/cache.ts';
import { type EngineDesk, engineEndpoints } from './routes/engines.ts';
import { type GeneratorControl, generatorEndpoints } from './routes/generator.ts';
import { groupEndpoints, type OwnGroup } from './routes/groups.ts';
import { liveEndpoints } from './routes/live.ts';
import { messageEndpoints } from './routes/messages.ts';
import { type MetricsPage, metricsEndpoints } from './routes/metrics.ts';
import { topicEndpoints } from './routes/topics.ts';
import { type VerificationDesk, verificationEndpoints } from './routes/verifications.ts';

/** What those who run the service look at and steer. */
export interface Operations extends CacheEndpointsOptions {
  readonly generator: GeneratorControl;
  readonly engines: EngineDesk;
  readonly verifications: VerificationDesk;
  readonly topics: Pick<TopicCatalog, 'list' | 'find'>;
  readonly groups: Pick<GroupCatalog, 'list' | 'find'>;
  readonly ownGroup: OwnGroup;
  readonly messages: Pick<MessageBrowser, 'list' | 'find' | 'follow'>;
  readonly sampler: Pick<LiveSampler, 'history' | 'listen'>;
  readonly streams: EventStreams;
  readonly metrics: MetricsPage;
}

/** Generator, topics and their messages, consumer groups, the cache, the engines, verifications, live figures, metrics. */
export function operationEndpoints(options: Operations & { readonly now: () => number }): Endpoint[] {
  return [
    ...generatorEndpoints(options),
    ...topicEndpoints(options),
    ...messageEndpoints(options),
    ...groupEndpoints(options),
    ...cacheEndpoints(options),
    ...engineEndpoints(options),
    ...verificationEndpoints(options),
    ...liveEndpoints(options),
    ...metricsEndpoints(options),
  ];
}
