import type { GroupCatalog } from '../../kafka/admin/group-catalog.ts';
import type { TopicCatalog } from '../../kafka/admin/topic-catalog.ts';
import type { MessageBrowser } from '../../kafka/read/message-browser.ts';
import type { Endpoint } from '../http/endpoint.ts';
import type { EventStreams } from '../http/event-streams.ts';
import { type CacheEndpointsOptions, cacheEndpoints } from './cache/cache.ts';
import { type EngineDesk, engineEndpoints } from './engines/engines.ts';
import { type GeneratorControl, generatorEndpoints } from './generator/generator.ts';
import { groupEndpoints, type OwnGroup } from './kafka/groups.ts';
import { messageEndpoints } from './kafka/messages.ts';
import { topicEndpoints } from './kafka/topics.ts';
import { liveEndpoints } from './live/live.ts';
import type { LiveSampler } from './live/sampler.ts';
import { type MetricsPage, metricsEndpoints } from './service/metrics.ts';
import { type VerificationDesk, verificationEndpoints } from './verifications/verifications.ts';

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
