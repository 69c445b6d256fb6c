const encoder = new TextEncoder();

/**
 * A body made of texts, each asked for when the client has taken the one before: a slow client costs no memory. When the source
 * fails, the connection is reset, so that the client can't take what it has for all there is. `onEnd` is called once, with the
 * error if there was one, also when the client goes away.
 */
export function textStream(
  texts: AsyncGenerator<string>,
  onEnd: (error?: unknown) => void,
): ReadableStream<Uint8Array> {
  let ended = false;
  const end = (error?: unknown): void => {
    if (ended) return;
    ended = true;
    onEnd(error);
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await texts.next();
          if (!done) {
            controller.enqueue(encoder.encode(value));
            return;
          }
          end();
          controller.close();
        } catch (error) {
          end(error);
          controller.error(error);
        }
      },
      cancel: async () => {
        end();
        await texts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
