import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, formatAddress, isLoopback } from '../lib/address.ts';
import { AppError } from '../lib/app-error.ts';
import { throwIfAborted } from './launch.ts';
import { portOwner } from './port-owner.ts';
import type { EngineDefinition, EngineSettings } from './types.ts';

const PROBE_TIMEOUT_MS = 1_500;
const POLL_MS = 250;
/** An engine that comes up elsewhere (a container) accepts connections before it speaks. */
const STARTING_PATIENCE_MS = 60_000;
const SILENT_PATIENCE_MS = 12_000;
const NOTHING_THERE = new Error('nothing listens there');

/**
 * An address of the engine that answers, the first that does; undefined when nothing listens on any.
 * @throws AppError `port_in_use` when none answers and something that isn't this engine listens on one; `aborted`
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

/**
 * The address a local engine may be started on.
 * @throws AppError `engine_unavailable` when local engines are off or the address isn't this machine's.
 */
export function localAddress(engine: EngineDefinition, mode: EngineSettings['mode']): Address {
  const where = engine.addresses.map(formatAddress).join(', ');
  const local = engine.addresses.find((address) => isLoopback(address.host));
  if (mode === 'auto' && local && engine.canBeLocal) return local;
  const hint =
    mode === 'off'
      ? 'Local engines are off (engines: off): start it yourself, or set engines: auto.'
      : engine.canBeLocal
        ? 'A local one is started on loopback addresses only: check the address, or use 127.0.0.1.'
        : 'Several addresses are a cluster, and a local one is started for a single address only.';
  throw new AppError('engine_unavailable', `${engine.title} does not answer at ${where}. ${hint}`, {
    retryable: true,
  });
}

/** @throws AppError `port_in_use` when what listens there is not, and does not become, this engine. */
async function awaitAnswer(
  engine: EngineDefinition,
  address: Address,
  step: (text: string) => void,
  signal: AbortSignal,
): Promise<'answers' | 'none'> {
  const started = performance.now();
  for (let told = false; ; told = true) {
    throwIfAborted(signal);
    const answer = await engine.probe(address, PROBE_TIMEOUT_MS);
    if (answer === 'answers' || answer === 'none') return answer;
    const patienceMs = { starting: STARTING_PATIENCE_MS, silent: SILENT_PATIENCE_MS, other: 0 }[answer];
    if (performance.now() - started >= patienceMs) throw portInUse(engine, address, answer);
    if (!told) step(`something listens on ${formatAddress(address)}; waiting for it to answer`);
    await sleep(POLL_MS);
  }
}

function portInUse(
  engine: EngineDefinition,
  address: Address,
  answer: 'starting' | 'silent' | 'other',
): AppError {
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
