import { useSyncExternalStore } from 'react';
import type { Engine } from '../../../../client/schema.generated.ts';
import { type Deed, outcomeOf, withDeed, withOutcome } from './deeds.ts';

let deeds: readonly Deed[] = [];
const listeners = new Set<() => void>();

/** What was done from this tab since it was opened, newest first; other pages may be visited meanwhile. */
export function useDeeds(): readonly Deed[] {
  return useSyncExternalStore(subscribe, () => deeds);
}

/** Notes that something is being done; gives its number. */
export function noteDeed(engine: Pick<Engine, 'name' | 'title'>, action: Deed['action']): number {
  change(withDeed(deeds, { engine: engine.name, title: engine.title, action, at: Date.now() }));
  return deeds[0]?.id ?? 0;
}

/** Notes what became of it. */
export function settleDeed(id: number, outcome: Pick<Deed, 'outcome' | 'tookMs'>): void {
  change(withOutcome(deeds, id, outcome));
}

/** Notes what became of what was still under way, by what the server says of the engines now. */
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
