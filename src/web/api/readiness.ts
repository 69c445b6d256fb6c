import { useQuery } from '@tanstack/react-query';
import type { Readiness } from '../../client/schema.generated.ts';
import { basePath } from '../app/base.ts';
import { ApiError } from './client.ts';

const EVERY_MS = 3_000;
const LOST_EVERY_MS = 1_000;
const PATIENCE_MS = 5_000;

/** Whether the service answers, and what it says of its engines. */
interface ServiceState {
  /** The last request got no answer in time. What is shown is old. */
  readonly lost: boolean;
  /** Undefined while the service does not answer. */
  readonly engines: Readiness['engines'] | undefined;
  /** When it answered last, Unix ms; 0 if it has not yet. */
  readonly answeredAt: number;
}

/** Asks the service every few seconds; all who use this share the requests. */
export function useService(): ServiceState {
  const { data, isError, dataUpdatedAt } = useQuery({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => readiness(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])),
    refetchInterval: ({ state }) => (state.status === 'error' ? LOST_EVERY_MS : EVERY_MS),
  });
  return { lost: isError, engines: isError ? undefined : data?.engines, answeredAt: dataUpdatedAt };
}

async function readiness(signal: AbortSignal): Promise<Readiness> {
  const response = await fetch(`${basePath}/readyz`, { signal }).catch(() => undefined);
  // 503 has the same body: a required engine is down.
  if (response === undefined || (!response.ok && response.status !== 503))
    throw new ApiError('unreachable', response?.status ?? 0);
  return await response.json();
}
