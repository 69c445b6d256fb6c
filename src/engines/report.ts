import type { EngineName } from '../contract/engine.ts';
import { formatAddress } from '../lib/address.ts';
import { messageOf } from '../lib/app-error.ts';
import { lookAtAll, startableAt } from './availability.ts';
import { checkDataFolder, engineFolder, logFileOf, recordPath } from './data-folder.ts';
import { defineEngines } from './engines.ts';
import type { Answer } from './probes.ts';
import { type EngineRecord, readRecord } from './record.ts';
import type { EngineDefinition, EngineSettings } from './types.ts';

const PROBE_TIMEOUT_MS = 1_500;

export interface EngineReport {
  readonly engine: EngineName;
  /** host:port; of several, the one that answers. */
  readonly address: string;
  readonly answer: Answer | 'refuses';
  /**
   * What a start would do: use the engine that answers, start a local one, go without it until it answers, or fail
   * (local engines off, another machine, port in use).
   */
  readonly next: 'use' | 'start' | 'go without' | 'fail';
  /** Why the engine there refuses us or can't be asked now, or why a local start would fail, in words. */
  readonly obstacle?: string;
  /** With `engines: auto` a start would start a local one. */
  readonly startable?: true;
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

/** The state of each engine now. Changes and starts nothing. Takes up to 3 s when an engine is silent. */
export function reportEngines(settings: EngineSettings): Promise<EngineReport[]> {
  return Promise.all(defineEngines(settings).map((engine) => reportOn(engine, settings)));
}

async function reportOn(engine: EngineDefinition, settings: EngineSettings): Promise<EngineReport> {
  const answers = await lookAtAll(engine, PROBE_TIMEOUT_MS);
  const best = answers.find(({ answer }) => answer === 'answers') ?? answers[0];
  if (best === undefined) throw new Error(`no address of ${engine.title}`);
  const record = readRecord(recordPath(settings.dataDir, engine.name));
  const ours = record && formatAddress(record.address) === formatAddress(best.address) ? record : undefined;
  const next = nextStep(engine, settings, best.answer);
  const obstacle = best.refusal ?? best.outage ?? (next === 'start' ? await obstacleTo(engine, settings) : undefined);
  const version =
    ours?.version ?? (best.answer === 'answers' ? await engine.versionAt?.(best.address, PROBE_TIMEOUT_MS) : undefined);
  return {
    engine: engine.name,
    address: formatAddress(best.address),
    answer: best.answer,
    next: obstacle === undefined ? next : 'fail',
    ...(next === 'fail' && best.answer === 'none' && startableAt(engine, 'auto') !== undefined && { startable: true }),
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(version === undefined ? {} : { version }),
    ...(ours ? { local: describeLocal(engine, settings, ours) } : {}),
  };
}

/** What a local start checks first. */
async function obstacleTo(engine: EngineDefinition, { dataDir }: EngineSettings): Promise<string | undefined> {
  try {
    checkDataFolder(dataDir);
    await engine.check();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function nextStep(
  engine: EngineDefinition,
  settings: EngineSettings,
  answer: EngineReport['answer'],
): EngineReport['next'] {
  if (answer === 'answers' || answer === 'starting') return 'use';
  const local = startableAt(engine, settings.mode);
  if (engine.optional && settings.mode === 'off' && answer !== 'other' && answer !== 'refuses') return 'go without';
  return answer === 'none' && local !== undefined ? 'start' : 'fail';
}

function describeLocal(
  engine: EngineDefinition,
  settings: EngineSettings,
  record: EngineRecord,
): NonNullable<EngineReport['local']> {
  return {
    pid: record.process.pid,
    owner: record.keep ? 'up' : 'run',
    users: record.users.length,
    dataFolder: engineFolder(settings.dataDir, engine.name),
    logFile: logFileOf(settings.dataDir, engine.name),
  };
}
