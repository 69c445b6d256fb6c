/** Draws an element only while it is seen. */
export interface SeenDrawing {
  /** Draws now, or once when the element is next seen. */
  request(): void;
  stop(): void;
}

/** What is scrolled away, or in a tab behind, is not worth drawing. */
export function drawWhenSeen(element: Element, draw: () => void): SeenDrawing {
  let [inView, wanted] = [false, false];
  const drawWanted = () => {
    if (!wanted || !inView || document.visibilityState === 'hidden') return;
    wanted = false;
    draw();
  };
  const watch = new IntersectionObserver((entries) => {
    inView = entries.at(-1)?.isIntersecting === true;
    drawWanted();
  });
  watch.observe(element);
  document.addEventListener('visibilitychange', drawWanted);
  return {
    request: () => {
      wanted = true;
      drawWanted();
    },
    stop: () => {
      watch.disconnect();
      document.removeEventListener('visibilitychange', drawWanted);
    },
  };
}
