import { queryOptions } from '@tanstack/react-query';
import type { GeneratorChange, ReadersChange } from '../../client/schema.generated.ts';
import { api, dataOf } from './client.ts';
import { refetchEvery } from './queries.ts';

/** The generator of the service: what it is told to do, and what it says of itself every so many ms. */
export const generatorRole = {
  query: (everyMs: number) =>
    queryOptions({
      queryKey: ['generator'],
      queryFn: ({ signal }) => dataOf(api.GET('/api/v1/generator', { signal })),
      refetchInterval: refetchEvery(everyMs),
    }),
  start: (body: GeneratorChange) => dataOf(api.POST('/api/v1/generator/start', { body })),
  change: (body: GeneratorChange) => dataOf(api.PATCH('/api/v1/generator', { body })),
  stop: () => dataOf(api.POST('/api/v1/generator/stop', {})),
};

/** The same of the readers. */
export const readersRole = {
  query: (everyMs: number) =>
    queryOptions({
      queryKey: ['readers'],
      queryFn: ({ signal }) => dataOf(api.GET('/api/v1/reader', { signal })),
      refetchInterval: refetchEvery(everyMs),
    }),
  start: (body: ReadersChange) => dataOf(api.POST('/api/v1/reader/start', { body })),
  change: (body: ReadersChange) => dataOf(api.PATCH('/api/v1/reader', { body })),
  stop: () => dataOf(api.POST('/api/v1/reader/stop', {})),
};

const RUNNING_MS = 500;
const IDLE_MS = 5_000;

/** The verifications, newest first; more often while one is running. */
export const verificationsQuery = queryOptions({
  queryKey: ['verifications'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/verifications', { signal })),
  refetchInterval: (query) =>
    refetchEvery(query.state.data?.verifications[0]?.state === 'running' ? RUNNING_MS : IDLE_MS)(query),
});

/** `manifest`: the faults that the generator has injected are checked, too. */
export const startVerification = (manifest = false) =>
  dataOf(api.POST('/api/v1/verifications', { body: { manifest } }));

/** The engines, and who may control them. */
export const enginesQuery = (everyMs: number) =>
  queryOptions({
    queryKey: ['engines'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/engines', { signal })),
    refetchInterval: refetchEvery(everyMs),
  });
