import { expect, test } from 'bun:test';
import { Connection } from '@platformatic/kafka';
import { AppError } from '../../lib/app-error.ts';
import { SendJob } from './message-sender.ts';
import type { ProduceAnswer } from './produce-api.ts';
import { ProduceDispatcher } from './produce-dispatcher.ts';
import type { TopicLayout } from './producer-session.ts';

const LOST = new Error('Connection closed');
const TOO_LARGE = 10;
const DENIED = 29;

/**
 * A dispatcher of a topic with one partition. Each attempt takes the next of `answers`, an error code or an error; each
 * look-up of the leader the next of `failures`, undefined for none. `sent`: identity and first sequence number of each
 * attempt.
 */
function setUp(answers: (number | Error)[], failures: (Error | undefined)[] = []) {
  const sent: [bigint, number][] = [];
  let identities = 0n;
  let identity: { producerId: bigint; producerEpoch: number } | undefined;
  const dispatcher = new ProduceDispatcher(
    {
      layout: async (): Promise<TopicLayout> => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return { leaders: [1], readAtMs: performance.now() };
      },
      identity: async () => {
        identity ??= { producerId: ++identities, producerEpoch: 0 };
        return identity;
      },
      forgetIdentity: () => {
        identity = undefined;
      },
      version: async () => 9,
      connection: async () => new Connection('test'),
      produce: async (_connection, batches): Promise<ProduceAnswer[]> => {
        const answer = answers.shift() ?? 0;
        for (const { batch } of batches) sent.push([batch.readBigInt64BE(43), batch.readInt32BE(53)]);
        if (answer instanceof Error) throw answer;
        return batches.map(({ topic, partition }) => {
          return { topic, partition, errorCode: answer, baseOffset: 7n, message: null };
        });
      },
      reset: () => {},
    },
    {},
    { warn: () => {}, info: () => {} },
  );
  const send = (timeoutMs = 60_000): Promise<unknown> => {
    const job = new SendJob(1, timeoutMs);
    dispatcher.lane('orders', 0).add(job, [{ key: null, value: Buffer.from('x'), headers: {} }], [0]);
    dispatcher.wake();
    return job.promise.catch((error: unknown) => error);
  };
  return { send, sent };
}

const SENT = [{ partition: 0, offset: 7n }];

test('a message that may be written is repeated under its number, also after a login that is refused', async () => {
  const refused = new AppError('kafka_refuses', 'a wrong password');
  const { send, sent } = setUp([LOST], [undefined, new Error('no answer'), refused, refused]);
  expect(await send()).toEqual(SENT);
  expect(sent).toEqual([
    [1n, 0],
    [1n, 0],
  ]);
  // One that was never on its way is refused at once.
  expect(await setUp([], [refused]).send()).toBe(refused);
});

test('messages of a topic that is gone fail, and their leader is not looked up any more', async () => {
  const missing = new AppError('topic_missing', 'the topic does not exist');
  const failures = [missing, missing];
  const { send } = setUp([], failures);
  expect(await send()).toBe(missing);
  await Bun.sleep(0);
  expect(failures).toHaveLength(1);
});

test('a message that may be written is not called refused when a right is taken away meanwhile', async () => {
  const { send, sent } = setUp([LOST, DENIED, DENIED]);
  expect(await send()).toEqual(SENT);
  expect(new Set(sent.map(String))).toEqual(new Set(['1,0']));
  expect(await setUp([DENIED]).send()).toMatchObject({ code: 'kafka_refuses' });
});

test('the next message is not taken for a repeat of one whose fate is unknown', async () => {
  const refusedLate = setUp([LOST, TOO_LARGE]);
  expect(await refusedLate.send()).toMatchObject({ code: 'kafka_rejected' });
  expect(await refusedLate.send()).toEqual(SENT);
  expect(refusedLate.sent.at(-1)).toEqual([2n, 0]);

  const givenUp = setUp([LOST], [undefined, ...Array.from({ length: 3 }, () => new Error('no answer'))]);
  expect(await givenUp.send(10)).toMatchObject({
    code: 'kafka_unavailable',
    message: expect.stringContaining('10 ms'),
  });
  expect(await givenUp.send()).toEqual(SENT);
  expect(givenUp.sent.at(-1)).toEqual([2n, 0]);
});
