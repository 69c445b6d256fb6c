import { join } from 'node:path';
import type { EngineName } from '../contract/engine.ts';
import { type Address, formatAddress, isLoopback } from '../lib/address.ts';
import { messageOf } from '../lib/app-error.ts';
import { checkDataFolder } from './data-folder.ts';
import { defineEngines } from './definitions.ts';
import type { Answer } from './exchange.ts';
import { type EngineRecord, readRecord, recordPath } from './record.ts';
import { redisVersion } from './redis/probe.ts';
import type { EngineDefinition, EngineSettings } from './types.ts';

const PROBE_TIMEOUT_MS = 1_500;

export interface EngineStatus {
  readonly engine: EngineName;
  /** host:port; the one that answers, where several are configured. */
  readonly address: string;
  readonly answer: Answer;
  /**
   * What a start would do: use what answers, start a local engine, go without it until it answers, or fail (engines off, not
   * this machine, port taken).
   */
  readonly next: 'use' | 'start' | 'go without' | 'fail';
  /** Why a start would fail that had to start it here, in words. */
  readonly obstacle?: string;
  /** Known for a Redis without password, and for local engines. */
  readonly version?: string;
  /** Present when it was started from this data folder. */
  readonly local?: {
    readonly pid: number;
    /** up: runs until stopped by command. run: until the last of `users` processes ends. */
    readonly owner: 'run' | 'up';
    readonly users: number;
    readonly dataFolder: string;
    readonly logFile: string;
  };
}

/** How things are now with each engine. Changes nothing, starts nothing; takes up to 3 s when a peer is silent. */
export function engineStatuses(settings: EngineSettings): Promise<EngineStatus[]> {
  return Promise.all(defineEngines(settings).map((engine) => statusOf(engine, settings)));
}

async function statusOf(engine: EngineDefinition, settings: EngineSettings): Promise<EngineStatus> {
  const answers = await Promise.all(
    engine.addresses.map(async (address) => ({
      address,
      answer: await engine.probe(address, PROBE_TIMEOUT_MS),
    })),
  );
  const best = answers.find(({ answer }) => answer === 'answers') ?? answers[0];
  if (best === undefined) throw new Error(`no address of ${engine.title}`);
  const record = readRecord(recordPath(settings.dataDir, engine.name));
  const ours = record && formatAddress(record.address) === formatAddress(best.address) ? record : undefined;
  const next = nextStep(engine, settings, best.answer);
  const obstacle = next === 'start' ? await obstacleTo(engine, settings) : undefined;
  const version = ours?.version ?? (await foreignVersion(engine, best.address, best.answer));
  return {
    engine: engine.name,
    address: formatAddress(best.address),
    answer: best.answer,
    next: obstacle === undefined ? next : 'fail',
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(version === undefined ? {} : { version }),
    ...(ours ? { local: describeLocal(engine, settings, ours) } : {}),
  };
}

/** What a local start looks at first. */
async function obstacleTo(
  engine: EngineDefinition,
  { dataDir }: EngineSettings,
): Promise<string | undefined> {
  try {
    checkDataFolder(dataDir);
    await engine.check();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function nextStep(engine: EngineDefinition, settings: EngineSettings, answer: Answer): EngineStatus['next'] {
  if (answer === 'answers' || answer === 'starting') return 'use';
  if (engine.optional && settings.mode === 'off' && answer !== 'other') return 'go without';
  const local = engine.addresses.some((address) => isLoopback(address.host));
  return answer === 'none' && settings.mode === 'auto' && local && engine.canBeLocal ? 'start' : 'fail';
}

function describeLocal(
  engine: EngineDefinition,
  settings: EngineSettings,
  record: EngineRecord,
): NonNullable<EngineStatus['local']> {
  return {
    pid: record.process.pid,
    owner: record.keep ? 'up' : 'run',
    users: record.users.length,
    dataFolder: join(settings.dataDir, engine.name),
    logFile: join(settings.dataDir, 'logs', `${engine.name}.log`),
  };
}

async function foreignVersion(
  engine: EngineDefinition,
  address: Address,
  answer: Answer,
): Promise<string | undefined> {
  return engine.name === 'redis' && answer === 'answers'
    ? redisVersion(address, PROBE_TIMEOUT_MS)
    : undefined;
}
