import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { privateFolder } from './data-folder.ts';
import { isRunning } from './processes.ts';

const Identity = Type.Object({ pid: Type.Integer({ minimum: 1 }), startedAt: Type.String() });

const RecordSchema = Type.Object({
  process: Identity,
  address: Type.Object({ host: Type.String(), port: Type.Integer() }),
  version: Type.String(),
  /** Started or taken over by command: it outlives the processes that use it. */
  keep: Type.Boolean(),
  /** Processes that use it and have not released it. */
  users: Type.Array(Identity),
  /** Unix ms: when somebody stopped it on purpose, to be started again. */
  stoppedAt: Type.Optional(Type.Number()),
  /** Unix ms: when a pause ends by itself. */
  pausedUntil: Type.Optional(Type.Number()),
});

/** What is known about an engine that was started from this data folder. */
export type EngineRecord = Static<typeof RecordSchema>;

/** The engine that was started from this folder and still runs, with the users that still run. */
export function readRecord(path: string): EngineRecord | undefined {
  const record = lastRecord(path);
  return record && isRunning(record.process) ? record : undefined;
}

/** The engine that was last started from this folder, running or not, with the users that still run. */
export function lastRecord(path: string): EngineRecord | undefined {
  const record = parse(path);
  return record && { ...record, users: record.users.filter(isRunning) };
}

/** Replaces the record atomically: a reader sees the old one or the new one. */
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
    // Missing or damaged: nothing is known.
    return undefined;
  }
}
