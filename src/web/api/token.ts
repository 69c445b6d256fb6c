import { useSyncExternalStore } from 'react';
import { storageKey } from '../app/base.ts';

interface TokenState {
  readonly token: string;
  /** The server refused a request for want of the right token. */
  readonly asked: boolean;
}

const KEY = storageKey('token');
const listeners = new Set<() => void>();
let state: TokenState = { token: remembered(), asked: false };

/** What requests carry; empty for nothing. Kept until the tab is closed. */
export function currentToken(): string {
  return state.token;
}

export function useToken(): TokenState {
  return useSyncExternalStore(subscribe, () => state);
}

/** Takes a token; empty forgets it. */
export function setToken(token: string): void {
  try {
    if (token === '') sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // It is kept in memory at least.
  }
  change({ token, asked: false });
}

/** The server wants a token, or another one. */
export function askForToken(asked = true): void {
  if (state.asked !== asked) change({ ...state, asked });
}

function change(next: TokenState): void {
  state = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function remembered(): string {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
