import { useCallback, useEffect, useState } from 'preact/hooks';
import { addressOf, uidOf } from '../route.ts';

/** The order the address bar is about, and how to go to another. */
export function useRoute(): [string | undefined, (uid: string | undefined) => void] {
  const [uid, setUid] = useState(() => uidOf(location.pathname));
  useEffect(() => {
    const onPop = () => setUid(uidOf(location.pathname));
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, []);
  const go = useCallback((next: string | undefined) => {
    const address = addressOf(next);
    if (address !== location.pathname) history.pushState(null, '', address);
    setUid(next);
  }, []);
  return [uid, go];
}
