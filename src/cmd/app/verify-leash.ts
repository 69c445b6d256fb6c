import type { VerifyProgress } from '../../contract/verification.ts';

const TELL_EVERY_MS = 200;

/** The channel to the process that started this one. */
export interface Leash {
  /** Not more often than is worth it. */
  readonly tell: (progress: VerifyProgress) => void;
  /** Lets go: this process may end by itself. */
  close(): void;
}

/**
 * The leash of a process that a server has started: it ends when the server does, however that ends. Undefined for one that
 * somebody started from a shell.
 */
export function openLeash(): Leash | undefined {
  if (process.send === undefined) return undefined;
  const gone = (): never => process.exit(1);
  if (!process.connected) gone();
  process.once('disconnect', gone);
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    tell: (progress) => {
      const now = performance.now();
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      process.send?.(progress);
    },
    close: () => {
      process.off('disconnect', gone);
      if (process.connected) process.disconnect?.();
    },
  };
}
