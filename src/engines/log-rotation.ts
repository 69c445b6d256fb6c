import { copyFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineName } from '../contract/engine.ts';

/** Bytes; as many again are kept of what was there before. */
const LONGEST_LOG = 8_388_608;
const EVERY_MS = 5_000;

/** Where the engine writes its log in this data folder. */
export function logFileOf(dataDir: string, engine: EngineName): string {
  return join(dataDir, 'logs', `${engine}.log`);
}

/**
 * Keeps the logs bounded while their engines write to them, until the function is called. One that is not there, or can't be
 * changed, is left alone.
 */
export function keepLogsShort(files: readonly string[]): () => void {
  const timer = setInterval(() => {
    for (const file of files) void rotateLog(file).catch(() => {});
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Moves what is in a log that has become too long to `FILE.1`. Whoever writes to it has it open to append and goes on at its start; what is
 * written in between is lost.
 */
export async function rotateLog(file: string, longest = LONGEST_LOG): Promise<void> {
  if ((await stat(file)).size <= longest) return;
  await copyFile(file, `${file}.1`);
  await truncate(file);
}
