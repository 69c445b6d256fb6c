import type { UseMutationResult } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Engine, EngineAction } from '../../../../client/schema.generated.ts';
import { ApiError, api, dataOf } from '../../../api/client.ts';
import { useAction } from '../../../api/queries.ts';
import { useTexts } from '../../../i18n/language.ts';
import { type Deed, outcomeOf, withDeed, withOutcome } from './deeds.ts';
import { chaosTexts } from './texts.ts';

export interface EngineCommand {
  readonly engine: Pick<Engine, 'name' | 'title'>;
  readonly action: EngineAction['action'];
  /** The length of a pause. */
  readonly seconds: number;
}

/** Acts on an engine, and records it in the log. */
export function useSteering(): UseMutationResult<Engine, Error, EngineCommand> {
  const t = useTexts(chaosTexts);
  return useAction(steer, {
    said: ({ title, last_action: last }) => {
      if (last === null) return title;
      return last.took_ms === null ? t.goesOn(t.actions[last.action], title) : t.done[last.action](title);
    },
    changes: ['engines', 'readiness'],
  });
}

async function steer({ engine, action, seconds }: EngineCommand): Promise<Engine> {
  const id = noteDeed(engine, action);
  const path = { engine: engine.name };
  const body = action === 'pause' ? { action, seconds } : { action };
  try {
    const now = await dataOf(api.POST('/api/v1/engines/{engine}/actions', { params: { path }, body }));
    settleDeed(id, outcomeOf({ action }, now) ?? { outcome: 'under way', tookMs: undefined });
    return now;
  } catch (error) {
    const refused = error instanceof ApiError && error.kind !== 'engine-failed';
    settleDeed(id, { outcome: refused ? 'refused' : 'failed', tookMs: undefined });
    throw error;
  }
}

let deeds: readonly Deed[] = [];
const listeners = new Set<() => void>();

/** The actions of this tab since it was opened, newest first; they are kept while other pages are visited. */
export function useDeeds(): readonly Deed[] {
  return useSyncExternalStore(subscribe, () => deeds);
}

/** Records that an action has begun; returns its number. */
function noteDeed(engine: Pick<Engine, 'name' | 'title'>, action: Deed['action']): number {
  change(withDeed(deeds, { engine: engine.name, title: engine.title, action, at: Date.now() }));
  return deeds[0]?.id ?? 0;
}

/** Records the outcome of an action. */
function settleDeed(id: number, outcome: Pick<Deed, 'outcome' | 'tookMs'>): void {
  change(withOutcome(deeds, id, outcome));
}

/** Records the outcome of actions in progress by the current state of the engines. */
export function settleDeeds(engines: readonly Engine[]): void {
  for (const deed of deeds.filter(({ outcome }) => outcome === 'under way')) {
    const engine = engines.find(({ name }) => name === deed.engine);
    const outcome = engine && outcomeOf(deed, engine);
    if (outcome !== undefined) settleDeed(deed.id, outcome);
  }
}

function change(next: readonly Deed[]): void {
  deeds = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
