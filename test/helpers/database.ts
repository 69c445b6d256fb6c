import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SQL } from 'bun';
import { migrateUp } from '../../src/storage/postgresql/migrate.ts';
import { testEngines } from './engines.ts';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** Folder of the service's migrations. */
export const MIGRATIONS = join(import.meta.dirname, '../../migrations');

/** A database of the test file's own, empty. Drop it in `afterAll`. */
export function createDatabase(): Promise<TestDatabase> {
  return createFrom('template1');
}

/** The same with the service's schema: a copy of a database that is migrated once in this process. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  template ??= migratedTemplate();
  return createFrom(await template);
}

let template: Promise<string> | undefined;

async function migratedTemplate(): Promise<string> {
  const { name, url } = await createDatabase();
  await migrateUp({ url, folder: MIGRATIONS, connectTimeoutMs: 5_000 });
  return name;
}

async function createFrom(source: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} template ${source}`);
  return {
    name,
    url: databaseUrl(name),
    drop: () => onServer(`drop database if exists ${name} with (force)`),
  };
}

/** The URL of a database on the test server, whether it exists or not. */
export function databaseUrl(name: string): string {
  const url = new URL(testEngines().postgresqlUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(statement: string): Promise<void> {
  const sql = new SQL(testEngines().postgresqlUrl, { max: 1 });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.close();
  }
}
