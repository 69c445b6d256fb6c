import { randomBytes } from 'node:crypto';
import { SQL } from 'bun';
import { testEngines } from './engines.ts';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** A database of the test file's own, empty. Drop it in `afterAll`. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
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
