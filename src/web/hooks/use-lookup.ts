import { useCallback, useEffect, useState } from 'preact/hooks';
import { type LookupOutcome, lookUp } from '../api.ts';

/** A lookup as the page shows it. */
export interface Lookup {
  readonly uid: string | undefined;
  /** Undefined while the first answer is awaited. */
  readonly outcome: LookupOutcome | undefined;
  /** True while an answer is awaited, the first or another. */
  readonly busy: boolean;
  /** Asks again; the outcome stays until the next is there. */
  readonly again: () => void;
}

/** Looks the order up whenever `uid` changes. */
export function useLookup(uid: string | undefined): Lookup {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ uid: string; outcome: LookupOutcome } | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  // A new attempt is what asks again.
  useEffect(() => {
    if (uid === undefined) return;
    const controller = new AbortController();
    setBusy(true);
    lookUp(uid, controller.signal).then(
      (outcome) => {
        if (controller.signal.aborted) return;
        setState({ uid, outcome });
        setBusy(false);
      },
      () => {},
    );
    return () => controller.abort();
  }, [uid, attempt]);
  const again = useCallback(() => setAttempt((number) => number + 1), []);
  return { uid, outcome: state?.uid === uid ? state?.outcome : undefined, busy, again };
}
