/** Resolves in the next turn of the event loop: whoever waits for I/O or a timer gets its turn first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Time work may take between two turns of the event loop, ms. */
export const SLICE_MS = 10;

/** For work in small steps, called between them: lets others run each time it has held them up for SLICE_MS. */
export function givingWay(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined;
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}
