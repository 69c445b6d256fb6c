import { useSyncExternalStore } from 'react';
import { storageKey } from '../app/base.ts';

interface TokenState {
  readonly token: string;
  /** The server refused a request because the token is missing or wrong. */
  readonly asked: boolean;
}

const KEY = storageKey('token');
const listeners = new Set<() => void>();
let state: TokenState = { token: remembered(), asked: false };

/** The token that requests carry; empty if there is none. It is kept until the tab is closed. */
export function currentToken(): string {
  return state.token;
}

export function useToken(): TokenState {
  return useSyncExternalStore(subscribe, () => state);
}

/** Sets the token; empty forgets it. */
export function setToken(token: string): void {
  try {
    if (token === '') sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // It is at least kept in memory.
  }
  change({ token, asked: false });
}

/** Asks the reader for a token, or for another one. */
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
