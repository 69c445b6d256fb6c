import { useEffect, useRef } from 'preact/hooks';

/**
 * Calls `work` now and `everyMs` after it ended, while `active` and while the tab is seen. The signal aborts when that
 * ends; the result of work that was aborted is not to be used.
 */
export function usePoll(work: (signal: AbortSignal) => Promise<void>, everyMs: number, active = true): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (!active) return;
    let controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      const { signal } = controller;
      await latest.current(signal);
      if (!signal.aborted) timer = setTimeout(round, everyMs);
    };
    const stop = () => {
      controller.abort();
      clearTimeout(timer);
    };
    const onVisibility = () => {
      stop();
      if (document.hidden) return;
      controller = new AbortController();
      void round();
    };
    document.addEventListener('visibilitychange', onVisibility);
    onVisibility();
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      stop();
    };
  }, [everyMs, active]);
}
