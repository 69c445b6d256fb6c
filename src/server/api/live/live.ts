import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { EVENT_STREAM_HEADERS, type EventStreams } from '../../http/event-stream.ts';
import { TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { LiveHistorySchema } from './history.ts';
import type { LiveSampler } from './sampler.ts';

export interface LiveEndpointsOptions {
  readonly sampler: Pick<LiveSampler, 'history' | 'listen' | 'note'>;
  readonly streams: EventStreams;
}

/** Room for an hour of history, and for what is added while it is read. */
const BUFFER_BYTES = 4_194_304;
const COMMON = { tag: 'live', access: 'guarded', ofFirstProcess: true } as const;

/** `/api/v1/live`: the live figures, second by second. */
export function liveEndpoints({ sampler, streams }: LiveEndpointsOptions): Endpoint[] {
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/live',
        operationId: 'live',
        summary: 'Live figures, second by second, as server-sent events',
        description:
          'First a `history` event (LiveHistory: the last hour), then a `sample` event (LiveSample) every second and a `note` event (LiveNote) when something happens. A reader that is too slow is disconnected.',
        responses: { 200: { description: 'Events', contentTypes: ['text/event-stream'] } },
        problems: [TOO_MANY_AT_ONCE],
        streams: true,
      },
      ({ method }) => {
        if (method === 'HEAD') return { status: 200, headers: EVENT_STREAM_HEADERS };
        let stop = (): void => {};
        const stream = streams.open({ overflow: 'end', maxBufferedBytes: BUFFER_BYTES, onEnd: () => stop() });
        stream.send({ event: 'history', data: sampler.history });
        stop = sampler.listen({
          sample: (sample) => void stream.send({ event: 'sample', id: sample.at, data: sample }),
          note: (note) => void stream.send({ event: 'note', data: note }),
        });
        return { status: 200, body: stream.body, headers: EVENT_STREAM_HEADERS };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/live/history',
        operationId: 'liveHistory',
        summary: 'The last hour of live figures, as a live stream begins',
        responses: { 200: { description: 'Samples and notes, oldest first', schema: LiveHistorySchema } },
      },
      () => ({ status: 200, json: sampler.history, headers: NO_STORE }),
    ),
  ];
}
