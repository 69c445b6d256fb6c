import { useEffect, useState, useSyncExternalStore } from 'react';
import { type LiveState, LiveStore } from './live-store.ts';

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
