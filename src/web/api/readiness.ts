import { useQuery } from '@tanstack/react-query';
import type { Readiness } from '../../client/schema.generated.ts';
import { basePath } from '../app/base.ts';
import { ApiError } from './api-error.ts';

export type EngineStatus = Readiness['engines'][number];

const EVERY_MS = 3_000;

/** The engines' state, kept current; undefined while the service does not answer. */
export function useEngines(): readonly EngineStatus[] | undefined {
  const { data, isError } = useQuery({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => readiness(signal),
    refetchInterval: EVERY_MS,
  });
  return isError ? undefined : data?.engines;
}

async function readiness(signal: AbortSignal): Promise<Readiness> {
  const response = await fetch(`${basePath}/readyz`, { signal }).catch(() => undefined);
  // 503 has the same body: a required engine is down.
  if (response === undefined || (!response.ok && response.status !== 503))
    throw new ApiError('unreachable', response?.status ?? 0);
  return await response.json();
}
