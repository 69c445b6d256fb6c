import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, formatAddress, isLoopback } from '../lib/address.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { throwIfAborted } from './launch.ts';
import type { Answer } from './probes.ts';
import type { EngineDefinition, EngineSettings } from './types.ts';

const PROBE_TIMEOUT_MS = 1_500;
const POLL_MS = 250;
/** An engine that starts elsewhere (in a container) accepts connections before it answers. */
const STARTING_PATIENCE_MS = 60_000;
const SILENT_PATIENCE_MS = 12_000;
const NOTHING_THERE = new Error('nothing listens there');

/** What is at an address. */
interface Look {
  readonly address: Address;
  readonly answer: Answer | 'refuses';
  /** Why it refuses us, and what to do. */
  readonly refusal?: string;
  /** Why it can't be asked now, and what to do. */
  readonly outage?: string;
}

/** Looks at all addresses of the engine. Never throws. */
export function lookAtAll(engine: Pick<EngineDefinition, 'addresses' | 'probe'>, timeoutMs: number): Promise<Look[]> {
  const looks = engine.addresses.map(async (address): Promise<Look> => {
    try {
      const found = await probed(engine, address, timeoutMs);
      return found instanceof AppError
        ? { address, answer: 'silent', outage: found.message }
        : { address, answer: found };
    } catch (error) {
      return { address, answer: 'refuses', refusal: messageOf(error) };
    }
  });
  return Promise.all(looks);
}

/** What the probe finds, or why it can't ask now: what it needs for that, such as the server of its tokens, is away. */
async function probed(
  engine: Pick<EngineDefinition, 'probe'>,
  address: Address,
  timeoutMs: number,
): Promise<Answer | AppError> {
  try {
    return await engine.probe(address, timeoutMs);
  } catch (error) {
    if (error instanceof AppError && error.retryable) return error;
    throw error;
  }
}

/**
 * The first address of the engine that answers; undefined when nothing listens on any of them.
 * @throws AppError `port_in_use` when none answers and something else listens on one of them; `aborted`; as the probe
 *   does when it refuses us
 */
export async function findAnswering(
  engine: EngineDefinition,
  step: (text: string) => void,
  signal: AbortSignal,
): Promise<Address | undefined> {
  const found = new AbortController();
  const either = AbortSignal.any([signal, found.signal]);
  const attempts = engine.addresses.map(async (address) => {
    if ((await awaitAnswer(engine, address, step, either)) === 'none') throw NOTHING_THERE;
    return address;
  });
  try {
    return await Promise.any(attempts);
  } catch (error) {
    const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
    const problem = errors.find((one) => one !== NOTHING_THERE);
    if (problem !== undefined) throw problem;
    return undefined;
  } finally {
    found.abort();
  }
}

/** The address that a local engine would take; undefined where none may be started. */
export function startableAt(engine: EngineDefinition, mode: EngineSettings['mode']): Address | undefined {
  if (mode === 'off' || engine.notLocal !== undefined) return undefined;
  return engine.addresses.find((address) => isLoopback(address.host));
}

/**
 * The address for a local engine.
 * @throws AppError `engine_unavailable` when local engines are off or the address isn't this machine's.
 */
export function localAddress(engine: EngineDefinition, mode: EngineSettings['mode']): Address {
  const where = engine.addresses.map(formatAddress).join(', ');
  const local = startableAt(engine, mode);
  if (local !== undefined) return local;
  const hint =
    engine.notLocal ??
    (startableAt(engine, 'auto') !== undefined
      ? 'Local engines are off (engines: off): start it yourself, or set engines: auto.'
      : 'A local one is started on loopback addresses only: check the address, or use 127.0.0.1.');
  throw new AppError('engine_unavailable', `${engine.title} does not answer at ${where}. ${hint}`, { retryable: true });
}

/** @throws AppError `port_in_use` when what listens there is not, and does not become, this engine; as the probe */
async function awaitAnswer(
  engine: EngineDefinition,
  address: Address,
  step: (text: string) => void,
  signal: AbortSignal,
): Promise<'answers' | 'none'> {
  const started = performance.now();
  for (let told = false; ; told = true) {
    throwIfAborted(signal);
    const found = await probed(engine, address, PROBE_TIMEOUT_MS);
    if (found === 'answers' || found === 'none') return found;
    const outage = found instanceof AppError ? found : undefined;
    const answer = found instanceof AppError ? 'starting' : found;
    const patienceMs = { starting: STARTING_PATIENCE_MS, silent: SILENT_PATIENCE_MS, other: 0 }[answer];
    if (performance.now() - started >= patienceMs) throw outage ?? portInUse(engine, address, answer);
    const what = outage?.message ?? `something listens on ${formatAddress(address)}`;
    if (!told) step(`${what}; waiting for it to answer`);
    await sleep(POLL_MS);
  }
}

function portInUse(engine: EngineDefinition, address: Address, answer: 'starting' | 'silent' | 'other'): AppError {
  const where = formatAddress(address);
  const owner = isLoopback(address.host) ? portOwner(address.port) : undefined;
  const who = owner ? `${owner.command} (pid ${owner.pid})` : 'something else';
  const what = {
    starting: `${engine.title} at ${where} keeps starting and does not become ready`,
    silent: `${where} is taken by ${who}, which does not answer as ${engine.title}`,
    other: `${where} is taken by ${who}, which is not ${engine.title}`,
  }[answer];
  return new AppError('port_in_use', `${what}. Stop it, or configure another address for ${engine.title}.`);
}

/** The process that listens on a TCP port of this machine; undefined when it is not visible. Linux only. */
function portOwner(port: number): { pid: number; command: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listeningInodes(read(`/proc/net/${table}`), port)));
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode && inodes.has(inode)) return { pid: Number(pid), command: read(`/proc/${pid}/comm`).trim() };
    }
  }
  return undefined;
}

/** Inodes of the sockets in state LISTEN (0A) on the port, from the text of /proc/net/tcp. */
export function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    return fields[1]?.endsWith(`:${hexPort}`) && fields[3] === '0A' && inode ? [inode] : [];
  });
}

function list(path: string): string[] {
  return attempt(() => readdirSync(path), []);
}

function read(path: string): string {
  return attempt(() => readFileSync(path, 'utf8'), '');
}

function link(path: string): string {
  return attempt(() => readlinkSync(path), '');
}

/** Processes end meanwhile, and some belong to other users: what can't be read counts as absent. */
function attempt<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}
