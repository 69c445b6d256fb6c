import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { CHILD_LOCALE } from '../../lib/own-process.ts';
import { acquireLock } from '../file-lock.ts';
import { endStrays } from '../processes.ts';
import { programVersion, runProgram } from '../program.ts';

export const KAFKA_VERSION = '4.4.0';

const CHECKSUMS = join(import.meta.dirname, 'jars.sha256');
const OLDEST_MAJOR = 4;
const MAVEN = { title: `Maven or an unpacked Kafka ${OLDEST_MAJOR} (KAFKA_HOME)`, debian: 'maven', homebrew: 'kafka' };
const DOWNLOAD_TIMEOUT_MS = 600_000;
const ATTEMPTS = 2;
/** Where Kafka is usually unpacked, and where Homebrew puts it, on Apple silicon and on Intel. */
const HOMES = ['/opt/kafka', '/opt/homebrew/opt/kafka/libexec', '/usr/local/opt/kafka/libexec'];

export interface KafkaJars {
  readonly folder: string;
  /** Such as 4.4.0. */
  readonly version: string;
}

/**
 * Kafka's jar files: those in the user's cache, those of a Kafka that is installed, or else what Maven downloads into
 * the cache. A download gets its final name only when it matches jars.sha256, so a folder with that name is complete
 * and verified.
 * @throws AppError `engine_missing` without any of them, `engine_start_failed`, `aborted`
 */
export async function ensureKafkaJars(step: (text: string) => void, signal: AbortSignal): Promise<KafkaJars> {
  const there = jarsHere();
  if (there !== undefined) return there;
  const folder = jarsFolder();
  const onWait = () => step('waiting for another download of Kafka');
  const release = await acquireLock(`${folder}.lock`, { signal, onWait });
  try {
    if (!existsSync(folder)) await download(folder, step, signal);
    return { folder, version: KAFKA_VERSION };
  } finally {
    release?.();
  }
}

/** Checks that the jars are there or can be downloaded. @throws AppError `engine_missing` when they are not */
export async function checkKafkaJars(): Promise<void> {
  if (jarsHere() === undefined) await programVersion('mvn', ['--version'], /Apache Maven (\S+)/, MAVEN);
}

function jarsHere(): KafkaJars | undefined {
  const folder = jarsFolder();
  return existsSync(folder) ? { folder, version: KAFKA_VERSION } : installedKafka();
}

/** The Kafka that KAFKA_HOME names, whose scripts are on the PATH, or that lies where it usually does. */
export function installedKafka(): KafkaJars | undefined {
  const named = process.env['KAFKA_HOME'];
  const script = Bun.which('kafka-server-start.sh');
  const homes = [named ?? '', script === null ? '' : join(dirname(realpathSync(script)), '..'), ...HOMES];
  for (const home of homes.filter((one) => one !== '')) {
    const folder = join(home, 'libs');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const [version] = names.flatMap((name) => /^kafka_2[.]\d+-(\d[\d.]*)[.]jar$/.exec(name)?.[1] ?? []);
    if (version !== undefined && Number.parseInt(version, 10) >= OLDEST_MAJOR) return { folder, version };
    if (home !== named) continue;
    const message = `KAFKA_HOME is ${home}, where no Kafka ${OLDEST_MAJOR} or newer is: correct it, or unset it`;
    throw new AppError('engine_missing', message);
  }
  return undefined;
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
  const jars = join(partial, 'jars');
  try {
    step(`downloading Kafka ${KAFKA_VERSION} (43 MB, once)`);
    // Maven can't read what the compiled executable holds.
    const pom = join(partial, 'pom.xml');
    writeFileSync(pom, readFileSync(join(import.meta.dirname, 'pom.xml')));
    const goal = 'dependency:copy-dependencies';
    const args = ['-B', '-q', '-C', '-f', pom, goal, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
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
    const wrong = wrongFiles(jars, parseChecksums(readFileSync(CHECKSUMS, 'utf8')));
    if (wrong.length > 0) {
      const files = wrong.join(', ');
      throw new AppError('engine_start_failed', `Kafka's download does not match its checksums: ${files}`);
    }
    renameSync(jars, folder);
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
