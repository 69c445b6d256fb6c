import { unstalledNow } from './unstalled.ts';

/** Polls until the condition holds. Throws after `timeoutMs` of unstalled time, with the last error as the cause. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
  everyMs = 10,
): Promise<void> {
  const deadline = unstalledNow() + timeoutMs;
  let cause: unknown;
  while (unstalledNow() < deadline) {
    try {
      if (await condition()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`the condition did not hold within ${timeoutMs} ms`, { cause });
}
