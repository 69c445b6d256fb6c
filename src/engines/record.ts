import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { EngineName } from '../contract/engine.ts';
import { privateFolder } from './private-folder.ts';
import { isRunning } from './process-identity.ts';

const Identity = Type.Object({ pid: Type.Integer({ minimum: 1 }), startedAt: Type.String() });

const RecordSchema = Type.Object({
  process: Identity,
  address: Type.Object({ host: Type.String(), port: Type.Integer() }),
  version: Type.String(),
  /** Started, or taken over, by command: it outlives the processes that use it. */
  keep: Type.Boolean(),
  /** Processes that asked for it and have not let go. */
  users: Type.Array(Identity),
  /** Unix ms: when somebody stopped it on purpose, and meant to start it again. */
  stoppedAt: Type.Optional(Type.Number()),
  /** Unix ms: when a pause ends by itself. */
  pausedUntil: Type.Optional(Type.Number()),
});

/** What is known about a local engine that was started from this data folder. */
export type EngineRecord = Static<typeof RecordSchema>;

/** Where the engine's data is in this data folder. */
export function engineFolder(dataDir: string, engine: EngineName): string {
  return join(dataDir, engine);
}

/** The engine's record file in this data folder. */
export function recordPath(dataDir: string, engine: EngineName): string {
  return join(dataDir, 'run', `${engine}.json`);
}

/** The lock to hold while the engine's record is read to be changed. */
export function lockPath(dataDir: string, engine: EngineName): string {
  return join(dataDir, 'run', `${engine}.lock`);
}

/** The engine started from this folder, if it still runs, with the users that still run. */
export function readRecord(path: string): EngineRecord | undefined {
  const record = lastRecord(path);
  return record && isRunning(record.process) ? record : undefined;
}

/** The engine last started from this folder, whether it still runs or not, with the users that still run. */
export function lastRecord(path: string): EngineRecord | undefined {
  const record = parse(path);
  return record && { ...record, users: record.users.filter(isRunning) };
}

/** Replaces the record in one step: a reader sees the old or the new one. */
export function writeRecord(path: string, record: EngineRecord): void {
  privateFolder(dirname(path));
  writeFileSync(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

export function removeRecord(path: string): void {
  rmSync(path, { force: true });
}

function parse(path: string): EngineRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Value.Check(RecordSchema, value) ? value : undefined;
  } catch {
    // Missing or damaged: either way nothing is known.
    return undefined;
  }
}
