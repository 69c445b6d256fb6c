import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { CHILD_LOCALE } from '../../lib/own-process.ts';
import { acquireLock } from '../file-lock.ts';
import { endStrays } from '../processes.ts';
import { programVersion, runProgram } from '../program.ts';

export const KAFKA_VERSION = '4.4.0';

const POM = join(import.meta.dirname, 'pom.xml');
const CHECKSUMS = join(import.meta.dirname, 'jars.sha256');
const MAVEN = { title: 'Maven', install: 'apt-get install maven' };
const DOWNLOAD_TIMEOUT_MS = 600_000;
const ATTEMPTS = 2;

/**
 * The folder with Kafka's jar files, which Maven downloads into the user's cache if it is missing. The download gets
 * its final name only when it matches jars.sha256, so a folder with that name is complete and verified.
 * @throws AppError `engine_missing` without Maven, `engine_start_failed`, `aborted`
 */
export async function ensureKafkaJars(step: (text: string) => void, signal: AbortSignal): Promise<string> {
  const folder = jarsFolder();
  if (existsSync(folder)) return folder;
  const onWait = () => step('waiting for another download of Kafka');
  const release = await acquireLock(`${folder}.lock`, { signal, onWait });
  try {
    if (!existsSync(folder)) await download(folder, step, signal);
    return folder;
  } finally {
    release?.();
  }
}

/** Checks that the jars are there or can be downloaded. @throws AppError `engine_missing` without Maven */
export async function checkKafkaJars(): Promise<void> {
  if (!existsSync(jarsFolder())) await programVersion('mvn', ['--version'], /Apache Maven (\S+)/, MAVEN);
}

function jarsFolder(): string {
  return join(cacheFolder(), folderName(readFileSync(CHECKSUMS, 'utf8')));
}

/** A name per content, so that a changed list of jars never uses an old folder. */
export function folderName(checksums: string): string {
  return `kafka-${KAFKA_VERSION}-${createHash('sha256').update(checksums).digest('hex').slice(0, 12)}`;
}

/** SHA-256 in hex by file name, from the format of sha256sum. */
export function parseChecksums(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** Names of the files that are missing, unexpected or changed. */
export function wrongFiles(folder: string, expected: ReadonlyMap<string, string>): string[] {
  const present = new Set(readdirSync(folder));
  const names = new Set([...expected.keys(), ...present]);
  return [...names].filter((name) => !present.has(name) || expected.get(name) !== sha256(join(folder, name)));
}

async function download(folder: string, step: (text: string) => void, signal: AbortSignal): Promise<void> {
  await removeLeftovers(folder);
  const partial = mkdtempSync(`${folder}.partial-`);
  try {
    step(`downloading Kafka ${KAFKA_VERSION} (43 MB, once)`);
    const goal = 'dependency:copy-dependencies';
    const args = ['-B', '-q', '-C', '-f', POM, goal, '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
    await retry(() =>
      runProgram('mvn', args, {
        ...MAVEN,
        purpose: 'Kafka could not be downloaded',
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        // Ours: it may name proxies, certificates and mirrors. The download is verified.
        env: { ...process.env, ...CHILD_LOCALE },
        signal,
        folderAsDescriptor3: partial,
      }),
    );
    step('checking the download');
    const wrong = wrongFiles(partial, parseChecksums(readFileSync(CHECKSUMS, 'utf8')));
    if (wrong.length > 0) {
      const files = wrong.join(', ');
      throw new AppError('engine_start_failed', `Kafka's download does not match its checksums: ${files}`);
    }
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** A broken connection is common enough for a second attempt. */
async function retry(action: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await action();
      return;
    } catch (error) {
      const again = error instanceof AppError && error.code === 'engine_start_failed' && attempt < ATTEMPTS;
      if (!again) throw error;
    }
  }
}

/** Partial downloads of killed processes; we hold the lock, so no other download runs. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.partial-`;
  for (const name of readdirSync(cacheFolder()).filter((one) => one.startsWith(prefix))) {
    const leftover = join(cacheFolder(), name);
    await endStrays(leftover);
    rmSync(leftover, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(base, 'test-service');
  mkdirSync(folder, { recursive: true });
  return folder;
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
