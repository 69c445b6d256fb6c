import type { Engine, EngineAction } from '../../../../client/schema.generated.ts';

/** Something that was done to an engine from this tab. */
export interface Deed {
  readonly id: number;
  readonly engine: Engine['name'];
  readonly title: string;
  readonly action: EngineAction['action'];
  /** Unix ms, by this browser's clock. */
  readonly at: number;
  /** asked: the server has not answered yet. under way: it has, but the action is still in progress. */
  readonly outcome: 'asked' | 'under way' | 'done' | 'failed' | 'refused';
  /** Known once the action is done. */
  readonly tookMs: number | undefined;
}

const MOST = 50;

/** The deeds with one more, newest first; the oldest are forgotten. */
export function withDeed(
  deeds: readonly Deed[],
  deed: Pick<Deed, 'engine' | 'title' | 'action' | 'at'>,
): readonly Deed[] {
  const id = (deeds[0]?.id ?? 0) + 1;
  return [{ ...deed, id, outcome: 'asked' as const, tookMs: undefined }, ...deeds].slice(0, MOST);
}

/** The deeds with the outcome of one. */
export function withOutcome(
  deeds: readonly Deed[],
  id: number,
  outcome: Pick<Deed, 'outcome' | 'tookMs'>,
): readonly Deed[] {
  return deeds.map((deed) => (deed.id === id ? { ...deed, ...outcome } : deed));
}

/** The outcome of a deed by what the server says of its engine; undefined while it is in progress. */
export function outcomeOf(
  { action }: Pick<Deed, 'action'>,
  { last_action: last }: Pick<Engine, 'last_action'>,
): Pick<Deed, 'outcome' | 'tookMs'> | undefined {
  if (last === null || last.action !== action || last.took_ms === null) return undefined;
  return { outcome: last.error === null ? 'done' : 'failed', tookMs: last.took_ms };
}

/** A running engine that can be controlled; undefined if there is none. `random` is 0 ≤ random < 1. */
export function anyRunning(engines: readonly Engine[], random: number): Engine | undefined {
  const running = engines.filter(({ state, obstacle }) => state === 'running' && obstacle === null);
  return running[Math.floor(random * running.length)];
}
