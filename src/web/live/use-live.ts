import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type LiveState, LiveStore } from './live-store.ts';
import type { PointWindow } from './point-window.ts';

/** Follows what goes on while the component that asks is there. It is not drawn again for what comes: `useLiveState` is for that. */
export function useLive(): LiveStore {
  const [store] = useState(() => new LiveStore());
  useEffect(() => store.follow(), [store]);
  return store;
}

/** A part of what is known at present; drawn again when that part has changed. */
export function useLiveState<T>(store: LiveStore, part: (state: LiveState) => T): T {
  return useSyncExternalStore(store.subscribe, () => part(store.state));
}

/** The last so many seconds, to be drawn; again with each sample. */
export function usePoints(store: LiveStore, seconds: number): PointWindow {
  const sample = useLiveState(store, ({ latest }) => latest);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each sample adds to the points.
  return useMemo(() => store.points.window(seconds), [store, seconds, sample]);
}
