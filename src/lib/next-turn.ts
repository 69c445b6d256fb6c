/** Resolves in the next turn of the event loop: whoever waits for I/O or a timer gets its turn first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
