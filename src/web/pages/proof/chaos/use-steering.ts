import type { UseMutationResult } from '@tanstack/react-query';
import type { Engine, EngineAction } from '../../../../client/schema.generated.ts';
import { ApiError } from '../../../api/api-error.ts';
import { api, dataOf } from '../../../api/client.ts';
import { useAction } from '../../../components/use-action.ts';
import { useTexts } from '../../../i18n/dictionary.ts';
import { noteDeed, settleDeed } from './deed-log.ts';
import { outcomeOf } from './deeds.ts';
import { chaosTexts } from './texts.ts';

export interface Order {
  readonly engine: Pick<Engine, 'name' | 'title'>;
  readonly action: EngineAction['action'];
  /** Of a pause. */
  readonly seconds: number;
}

/** Does something to an engine, and notes it in the log. */
export function useSteering(): UseMutationResult<Engine, Error, Order> {
  const t = useTexts(chaosTexts);
  return useAction(steer, {
    said: ({ title, last_action: last }) => {
      if (last === null) return title;
      return last.took_ms === null ? t.goesOn(t.actions[last.action], title) : t.done[last.action](title);
    },
    changes: ['engines', 'readiness'],
  });
}

async function steer({ engine, action, seconds }: Order): Promise<Engine> {
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
