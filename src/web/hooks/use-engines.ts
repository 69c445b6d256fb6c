import { useState } from 'preact/hooks';
import { type EngineStatus, engines } from '../api.ts';
import { usePoll } from './use-poll.ts';

const EVERY_MS = 3_000;

/** The engines' state, kept current; undefined while the service does not answer. */
export function useEngines(): readonly EngineStatus[] | undefined {
  const [state, setState] = useState<readonly EngineStatus[] | undefined>(undefined);
  usePoll(async (signal) => {
    const next = await engines(signal);
    if (!signal.aborted) setState(next);
  }, EVERY_MS);
  return state;
}
