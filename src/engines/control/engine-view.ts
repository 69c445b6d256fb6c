import type { EngineObstacle, EngineView, LastAction } from '../../contract/engine.ts';
import { formatAddress } from '../../lib/address.ts';
import { lookAtAll } from '../availability.ts';
import { recordPath } from '../data-folder.ts';
import { isRunning, isSuspended } from '../processes.ts';
import { type EngineRecord, lastRecord } from '../record.ts';
import type { EngineDefinition, EngineSettings } from '../types.ts';

const PROBE_TIMEOUT_MS = 700;
const DOING = { stop: 'stopping', kill: 'stopping', start: 'starting', restart: 'restarting' } as const;

/**
 * The record of an engine that can be controlled: one that was started from this data folder, on an address that is
 * configured. Otherwise why it can't be.
 */
export function controllable(engine: EngineDefinition, settings: EngineSettings): EngineRecord | EngineObstacle {
  if (settings.mode === 'off') return 'engines_off';
  const record = lastRecord(recordPath(settings.dataDir, engine.name));
  const addresses = engine.addresses.map(formatAddress);
  return record && addresses.includes(formatAddress(record.address)) ? record : 'elsewhere';
}

/** The state of an engine now; `last` is what this process did with it. Takes 0.7 s when it is silent. Never throws. */
export async function viewEngine(
  engine: EngineDefinition,
  settings: EngineSettings,
  last: LastAction | undefined,
): Promise<EngineView> {
  const found = controllable(engine, settings);
  const record = typeof found === 'string' ? undefined : found;
  const suspended = record !== undefined && isSuspended(record.process);
  // A suspended engine would only keep us waiting.
  const answering = suspended ? undefined : await answeringAddress(engine, record);
  const address = answering ?? record?.address ?? engine.addresses[0];
  const running = record !== undefined && isRunning(record.process);
  const doing = last?.tookMs === undefined ? last?.action : undefined;
  const version = record?.version ?? (answering && (await engine.versionAt?.(answering, PROBE_TIMEOUT_MS)));
  return {
    name: engine.name,
    title: engine.title,
    address: address === undefined ? '' : formatAddress(address),
    answers: answering !== undefined,
    state: stateOf(),
    version,
    pid: running ? record.process.pid : undefined,
    obstacle: typeof found === 'string' ? found : undefined,
    resumesAt: suspended ? futureOf(record.pausedUntil) : undefined,
    last,
  };

  function stateOf(): EngineView['state'] {
    if (doing !== undefined && doing !== 'pause' && doing !== 'resume') return DOING[doing];
    if (record === undefined) return answering === undefined ? 'unreachable' : 'running';
    if (suspended) return 'paused';
    return running ? 'running' : 'stopped';
  }
}

function futureOf(at: number | undefined): number | undefined {
  return at !== undefined && at > Date.now() ? at : undefined;
}

async function answeringAddress(engine: EngineDefinition, record: EngineRecord | undefined) {
  const addresses = record === undefined ? engine.addresses : [record.address];
  const looks = await lookAtAll({ addresses, probe: engine.probe }, PROBE_TIMEOUT_MS);
  return looks.find(({ answer }) => answer === 'answers')?.address;
}
