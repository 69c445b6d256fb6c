import { expect, onTestFinished, test } from 'bun:test';
import { Database } from './database.ts';

test('a file of the settings that is being replaced is an outage, and not for good', async () => {
  const database = new Database({
    url: 'postgres://127.0.0.1:1/orders',
    tls: { ca: '/absent/ca.pem' },
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    maxConnections: 1,
    applicationName: 'test',
  });
  onTestFinished(() => database.close());
  const expected = { code: 'database_unavailable', retryable: true };
  await expect(database.query('asking', (sql) => sql`select 1`)).rejects.toMatchObject(expected);
  await expect(database.read('asking', 1_000, (sql) => sql`select 1`)).rejects.toMatchObject(expected);
});
