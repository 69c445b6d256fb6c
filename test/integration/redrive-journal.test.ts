import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { Database } from '../../src/storage/postgresql/database.ts';
import { PostgresRedriveJournal } from '../../src/storage/postgresql/redrive-journal.ts';
import { createMigratedDatabase, type TestDatabase } from '../helpers/database.ts';

let place: TestDatabase;
let database: Database;

beforeAll(async () => {
  place = await createMigratedDatabase();
  const limits = { maxConnections: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
  database = new Database({ ...limits, url: place.url, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await place.drop();
});

test('the journal keeps the last attempt at each letter, until the letter is gone from its topic', async () => {
  const journalOf = (deadLetterTopic: string) =>
    new PostgresRedriveJournal(database, { server: { url: place.url, connectTimeoutMs: 5_000 }, deadLetterTopic });
  const [journal, other] = [journalOf('dead'), journalOf('other')];
  const ids: string[] = Array.from({ length: 4 }, () => randomUUID());
  const redrive = async (of: typeof journal, letters: readonly [string, number][], attempt: number) => {
    const batchId = randomUUID();
    const batch = { batchId, targetTopic: 't', targetTopicId: 'x', from: new Map([[0, 0]]) };
    const rows = letters.map(([letterId, offset]) => ({ letterId, attempt, partition: 0, offset }));
    await of.open(batch, rows);
    return () => of.close(batchId, 'sent');
  };
  const kept = () =>
    database.query('asking', async (sql) => {
      const rows: { letter_id: string; attempt: number }[] = await sql`
        select letter_id::text, attempt from dead_letter_redrives order by letter_offset, attempt`;
      return rows.map((row) => [ids.indexOf(row.letter_id), row.attempt]);
    });
  const [a = '', b = '', c = '', d = ''] = ids;
  await (
    await redrive(
      journal,
      [
        [a, 1],
        [b, 2],
      ],
      1,
    )
  )();
  await (await redrive(other, [[c, 3]], 1))();
  const again = await redrive(journal, [[a, 1]], 2);
  expect(await kept()).toEqual([
    [0, 1],
    [0, 2],
    [1, 1],
    [2, 1],
  ]);
  expect(await again()).toBe(1);
  expect(await kept()).toEqual([
    [0, 2],
    [1, 1],
    [2, 1],
  ]);
  expect((await journal.find([a])).get(a)).toMatchObject({ attempts: 2 });
  // Gone for a day, in another topic, still there, on its way.
  await redrive(journal, [[d, 1]], 1);
  await database.query(
    'ageing',
    (sql) => sql`update dead_letter_redrives set redriven_at = now() - interval '2 days'
    where letter_id::text <> ${a}`,
  );
  await journal.prune(
    new Map([
      [0, 2],
      [1, 100],
    ]),
  );
  expect((await kept()).sort()).toEqual([
    [0, 2],
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
  await database.query('ageing', (sql) => sql`update dead_letter_redrives set redriven_at = now() - interval '2 days'`);
  await journal.prune(new Map([[0, 2]]));
  expect(await kept()).toEqual([
    [3, 1],
    [1, 1],
    [2, 1],
  ]);
});
