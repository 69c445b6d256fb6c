import type { LiveNote, LiveSample, Verification } from '../../../client/schema.generated.ts';
import { pipeStateOf } from './pipe-state.ts';

export type TourStep = 'flow' | 'kill' | 'recover' | 'prove';

/** The steps of the tour; an engine of others is not killed. */
export function stepsOf(ownsKafka: boolean): readonly TourStep[] {
  return ownsKafka ? ['flow', 'kill', 'recover', 'prove'] : ['flow', 'prove'];
}

/** How far the tour has come; kept in the browser. */
export interface TourProgress {
  readonly isOpen: boolean;
  /** The steps that have happened. */
  readonly done: readonly TourStep[];
  /** When the last of them happened, or the tour began, Unix ms by the server's clock; undefined before it began. */
  readonly since?: number;
}

/** Offered, and not begun. */
const NEW: TourProgress = { isOpen: true, done: [] };

/** From a text that `JSON.stringify` has made of it; any other is the beginning. */
export function progressOf(text: string): TourProgress {
  try {
    const parsed: unknown = JSON.parse(text);
    return isProgress(parsed) ? parsed : NEW;
  } catch {
    return NEW;
  }
}

function isProgress(one: unknown): one is TourProgress {
  if (typeof one !== 'object' || one === null || !('isOpen' in one) || !('done' in one)) return false;
  return Array.isArray(one.done) && (!('since' in one) || typeof one.since === 'number');
}

interface Seen {
  readonly latest: LiveSample;
  /** Newest first. */
  readonly notes: readonly LiveNote[];
  readonly verifications: readonly Verification[];
}

/** Long enough to look at the pipe. */
const WATCH_MS = 5_000;

/** When a step happened, ms, as far as it did since then: also while another page was open. */
export function happenedAt(step: TourStep, since: number, { latest, notes, verifications }: Seen): number | undefined {
  const now = Date.parse(latest.at);
  const flows = pipeStateOf(latest) === 'flowing' && (latest.topic?.stored_per_s ?? 0) > 0;
  const ofKafka = notes.filter(({ engine, at }) => engine === 'kafka' && Date.parse(at) >= since);
  const killed = ofKafka.findLast(({ kind }) => kind === 'engine_down');
  switch (step) {
    case 'flow':
      // Who breaks it sooner has seen enough.
      if (killed !== undefined) return Date.parse(killed.at);
      return flows && now >= since + WATCH_MS ? now : undefined;
    case 'kill':
      return killed && Date.parse(killed.at);
    case 'recover': {
      const last = ofKafka.find(({ kind }) => kind === 'engine_down' || kind === 'engine_up');
      return flows && last?.kind === 'engine_up' ? now : undefined;
    }
    case 'prove': {
      const proof = verifications.find(
        ({ started_at, report }) => Date.parse(started_at) >= since && report?.ok === true,
      );
      return proof && Date.parse(proof.started_at);
    }
  }
}
