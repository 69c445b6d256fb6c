import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { LiveHistory, LiveNote, LiveSample } from '../../client/schema.generated.ts';
import { type ApiError, hasMembers } from '../api/client.ts';
import { followEvents } from '../api/streams.ts';
import { LivePoints, type PointWindow } from './live-points.ts';
import { withNote } from './note-list.ts';

/** What is known at present; a new object whenever something changes. */
export interface LiveState {
  readonly latest: LiveSample | undefined;
  /** Newest first. */
  readonly notes: readonly LiveNote[];
  /** Why no events arrive at present. */
  readonly error: ApiError | undefined;
  /** No data for several seconds: what is shown is old. */
  readonly stale: boolean;
}

const STALE_MS = 4_000;
const NO_NOTES: readonly LiveNote[] = [];

/**
 * The live figures, second by second, and their last hour. It lives outside React, so that a component follows only the
 * part it shows.
 */
export class LiveStore {
  readonly points = new LivePoints();
  readonly #listeners = new Set<() => void>();
  #state: LiveState = { latest: undefined, notes: NO_NOTES, error: undefined, stale: false };
  #timer: ReturnType<typeof setTimeout> | undefined;

  get state(): LiveState {
    return this.#state;
  }

  /** Calls the listener after each change until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Follows `/api/v1/live` until the returned function is called. */
  follow(): () => void {
    this.#expectMore();
    const stop = followEvents('/api/v1/live', {
      onState: (error) => this.#change({ error }),
      onEvent: (name, data) => {
        this.#expectMore();
        this.#take(name, data);
      },
    });
    return () => {
      clearTimeout(this.#timer);
      stop();
    };
  }

  #take(name: string, data: unknown): void {
    if (name === 'history' && isHistory(data)) {
      this.points.add(data.samples);
      const latest = data.samples.at(-1) ?? this.#state.latest;
      this.#change({ latest, notes: data.notes.reduce(withNote, NO_NOTES), stale: false });
    } else if (name === 'sample' && isSample(data)) {
      this.points.add([data]);
      this.#change({ latest: data, stale: false });
    } else if (name === 'note' && isNote(data)) {
      this.#change({ notes: withNote(this.#state.notes, data), stale: false });
    }
  }

  #expectMore(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#change({ stale: true }), STALE_MS);
  }

  #change(changes: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

const isHistory = hasMembers<LiveHistory>('samples', 'notes');
const isSample = hasMembers<LiveSample>('at', 'lookups');
const isNote = hasMembers<LiveNote>('at', 'kind');

/**
 * Follows the live figures while the component is mounted. Updates don't render it again: that is what `useLiveState`
 * does.
 */
export function useLive(): LiveStore {
  const [store] = useState(() => new LiveStore());
  useEffect(() => store.follow(), [store]);
  return store;
}

/** A part of what is known at present; renders again when that part changes. */
export function useLiveState<T>(store: LiveStore, part: (state: LiveState) => T): T {
  return useSyncExternalStore(store.subscribe, () => part(store.state));
}

/** The last so many seconds as points; renders again with each sample. */
export function usePoints(store: LiveStore, seconds: number): PointWindow {
  const sample = useLiveState(store, ({ latest }) => latest);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each sample adds to the points.
  return useMemo(() => store.points.window(seconds), [store, seconds, sample]);
}
