import { expect, test } from 'bun:test';
import { FakeTopic } from '../../test/helpers/fake-topic.ts';
import { letterRecord } from '../../test/helpers/letter-records.ts';
import { logRecord } from '../../test/helpers/log-record.ts';
import { logRecords } from '../../test/helpers/log-records.ts';
import type { DeadLetter } from '../contract/letter.ts';
import type { BatchFate, IntendedLetter, RedriveBatch } from '../contract/redrive.ts';
import { AppError } from '../lib/app-error.ts';
import { parseLetter } from './letter.ts';
import { type BatchSender, Redrive, type RedriveDependencies, type RedriveSettings } from './redrive.ts';

const RULES = { targetTopic: 'orders', maxReplays: 3, again: false, foreign: false, edit: undefined };
const lost = new AppError('kafka_unavailable', 'no answer', { retryable: true });

/** A target topic, a journal and senders in memory. `script` says what happens to each send in turn. */
class World {
  readonly target = new FakeTopic([[], [], []]);
  readonly script: ('sent' | 'lost before' | 'lost after' | 'refused' | 'fenced')[] = [];
  readonly batches = new Map<string, { batch: RedriveBatch; letters: readonly IntendedLetter[] }>();
  readonly done = new Map<string, { attempts: number; at: number }>();
  readonly fates: BatchFate[] = [];
  readonly pruned: ReadonlyMap<number, number>[] = [];
  locked = false;
  senders = 0;

  dependencies(): RedriveDependencies {
    return {
      openTopic: async () => this.target,
      highWatermarks: async () =>
        new Map([...(await this.target.ranges())].map(([partition, { end }]) => [partition, end])),
      maxHiddenMs: 0,
      openSender: async () => this.#sender(),
      journal: {
        deadLetterTopic: 'dead',
        prune: async (starts) => void this.pruned.push(starts),
        lock: async () => {
          if (this.locked) return undefined;
          this.locked = true;
          const release = async (): Promise<void> => {
            this.locked = false;
          };
          return { release };
        },
        find: async (ids) => new Map(ids.flatMap((id) => (this.done.has(id) ? [[id, { attempts: 1, at: 7 }]] : []))),
        open: async (batch, letters) => void this.batches.set(batch.batchId, { batch, letters }),
        openBatches: async () => [...this.batches.values()].map(({ batch }) => batch),
        close: async (batchId, fate) => {
          const letters = this.batches.get(batchId)?.letters ?? [];
          this.batches.delete(batchId);
          this.fates.push(fate);
          if (fate !== 'not_sent') for (const { letterId } of letters) this.done.set(letterId, { attempts: 1, at: 7 });
          return letters.length;
        },
      },
    };
  }

  get arrived(): string[] {
    return this.target.partitions.flat().map(({ key }) => String(key));
  }

  #sender(): BatchSender {
    this.senders += 1;
    return {
      close: async () => {},
      send: async (_, messages) => {
        const fate = this.script.shift() ?? 'sent';
        if (fate === 'lost before') throw lost;
        if (fate === 'refused') throw new AppError('kafka_rejected', 'too large');
        if (fate === 'fenced') throw new AppError('fenced', 'taken over');
        const offsets = messages.map((message) => {
          const log = this.target.partitions[message.partition] ?? [];
          return log.push(...logRecords([message], log.length)) - 1;
        });
        if (fate === 'lost after') throw lost;
        return offsets;
      },
    };
  }
}

const letter = (offset: number, parts: object = {}): DeadLetter =>
  parseLetter('t', 0, letterRecord({ offset, ...parts }));

async function run(world: World, letters: readonly DeadLetter[], settings: Partial<RedriveSettings> = {}) {
  const { redrive, recovered } = await Redrive.start(world.dependencies(), {
    rules: RULES,
    dryRun: false,
    ...settings,
  });
  try {
    return { recovered, outcomes: (await redrive.run(letters)).map(({ outcome }) => outcome) };
  } finally {
    await redrive.close();
  }
}

test('sends each letter to the partition it came from, with one replay more', async () => {
  const world = new World();
  expect((await run(world, [letter(1), letter(2, { replays: 1 })])).outcomes).toEqual(['sent', 'sent']);
  const [first, second] = world.target.partitions[2] ?? [];
  expect(first?.header(Buffer.from('dl-replays'))?.toString()).toBe('1');
  expect(second?.header(Buffer.from('dl-replays'))?.toString()).toBe('2');
  expect(first?.header(Buffer.from('dl-reason'))).toBeUndefined();
  expect(first?.header(Buffer.from('content-type'))?.toString()).toBe('application/json');
  expect(first?.value?.toString()).toBe('{"order_uid":"k1"}');
  expect([world.batches.size, world.locked]).toEqual([0, false]);
  // What has left the dead-letter topic is forgotten; a dry run below changes nothing.
  expect(world.pruned).toEqual([new Map([0, 1, 2].map((partition) => [partition, 0]))]);
});

test('leaves alone what it must', async () => {
  const world = new World();
  const letters = [
    letter(1),
    letter(2, { replays: 3 }),
    letter(3, { topic: 'elsewhere' }),
    parseLetter('t', 0, logRecord({ offset: 4, value: 'strange' })),
    letter(5, { source: 101, key: 'k1', value: '{"order_uid":"k1"}' }),
  ];
  const wanted = ['sent', 'max_replays', 'other_topic', 'foreign', 'already_redriven'] as const;
  expect((await run(world, letters)).outcomes).toEqual([...wanted]);
  expect((await run(world, letters)).outcomes[0]).toBe('already_redriven');
  const again = await run(world, letters, { rules: { ...RULES, again: true, foreign: true } });
  expect([again.outcomes[0], again.outcomes[3]]).toEqual(['sent', 'sent']);
});

test('a dry run takes no lock and sends nothing', async () => {
  const world = new World();
  world.locked = true;
  expect((await run(world, [letter(1)], { dryRun: true })).outcomes).toEqual(['would_send']);
  expect([world.arrived, world.senders]).toEqual([[], 0]);
  await expect(run(world, [letter(1)])).rejects.toMatchObject({ code: 'busy' });
});

test('without an answer, the topic says whether to send again', async () => {
  const world = new World();
  world.script.push('lost before', 'lost after');
  expect((await run(world, [letter(1), letter(2)])).outcomes).toEqual(['sent', 'sent']);
  expect(world.arrived).toEqual(['k1', 'k2']);
  expect(world.fates).toEqual(['not_sent', 'sent']);
  expect(world.senders).toBe(3);
});

test('what Kafka refuses is found among many, and the rest is sent', async () => {
  const world = new World();
  world.script.push('refused', 'sent', 'refused', 'sent');
  const { outcomes } = await run(world, [letter(1), letter(2), letter(3)]);
  expect(outcomes).toEqual(['sent', 'refused', 'sent']);
  expect(world.arrived).toEqual(['k1', 'k3']);
});

test('shut out by another sender, it stops and leaves the batch to be looked at', async () => {
  const world = new World();
  world.script.push('fenced');
  await expect(run(world, [letter(1)])).rejects.toMatchObject({ code: 'busy' });
  expect([world.batches.size, world.locked]).toEqual([1, false]);
});

test('the next run completes an interrupted one', async () => {
  for (const [how, fate] of [
    ['lost after', 'sent'],
    ['lost before', 'not_sent'],
  ] as const) {
    const world = new World();
    world.script.push(how);
    const dependencies = world.dependencies();
    // Killed before it could look: nothing is closed.
    const close = async (): Promise<number> => {
      throw new AppError('database_unavailable', 'killed');
    };
    const killed = { ...dependencies, journal: { ...dependencies.journal, close } };
    const { redrive } = await Redrive.start(killed, { rules: RULES, dryRun: false });
    await redrive.run([letter(1), letter(2)]).catch(() => {});
    await redrive.close();
    const { recovered, outcomes } = await run(world, [letter(1), letter(2)]);
    expect(recovered[fate]).toBe(2);
    expect(outcomes[0]).toBe(fate === 'sent' ? 'already_redriven' : 'sent');
    expect(world.arrived).toEqual(['k1', 'k2']);
  }
});

test('when the topic can’t tell any more, letters count as sent and the report says so', async () => {
  for (const spoil of [
    (world: World) => void world.target.starts.set(2, 5),
    (world: World) => {
      world.target.topicId = 'new';
    },
  ]) {
    const world = new World();
    const from = new Map([[2, 0]]);
    const batch = { batchId: crypto.randomUUID(), targetTopic: 'orders', targetTopicId: 'topic-1', from };
    world.batches.set(batch.batchId, {
      batch,
      letters: [{ letterId: letter(1).id, attempt: 1, partition: 0, offset: 1 }],
    });
    spoil(world);
    expect(await run(world, [letter(1)])).toMatchObject({
      recovered: { uncertain: 1 },
      outcomes: ['already_redriven'],
    });
  }
});
