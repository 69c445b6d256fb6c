import { expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { testEngines } from '../helpers/engines.ts';

const SCRIPT = join(import.meta.dirname, '../helpers/order-log-child.ts');
/** Numbers of the requests in Kafka's protocol. */
const REQUESTS = { JoinGroup: 11, SyncGroup: 14 };

for (const [name, request] of Object.entries(REQUESTS)) {
  test(`closed while it waits for the answer to ${name}, it goes on with nothing`, async () => {
    const { brokers, kafka } = testEngines();
    const topic = `close-${randomBytes(5).toString('hex')}`;
    await ensureTopics(kafka, [{ name: topic, partitions: 1, replicationFactor: 1 }]);
    const args = [brokers.join(','), topic, `${topic}-group`, String(request)];
    const child = Bun.spawn([process.execPath, SCRIPT, ...args], { timeout: 15_000, killSignal: 'SIGKILL' });
    expect(await child.exited).toBe(0);
  });
}
