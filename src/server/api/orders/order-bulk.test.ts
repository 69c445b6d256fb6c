import { describe, expect, test } from 'bun:test';
import { sampleOrder } from '../../../../test/helpers/sample-orders.ts';
import { AppError } from '../../../lib/app-error.ts';
import { bulkVerdicts } from './order-bulk.ts';
import type { OrderIntake } from './order-intake.ts';

const line = (uid: string, changes = {}) => JSON.stringify(sampleOrder(uid, 1, changes));
const accepting: OrderIntake['submitMany'] = async (orders) =>
  orders.map((_, at) => ({ partition: 1, offset: BigInt(at) }));

async function* chunksOf(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text;
}

async function run(chunks: AsyncIterable<Uint8Array>, submitMany = accepting) {
  const options = { intake: { submitMany }, maxOrderBytes: 4_000, now: Date.now };
  let text = '';
  for await (const part of bulkVerdicts(chunks, options)) text += part;
  const all = text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one));
  return { verdicts: all.slice(0, -1), summary: all.at(-1).summary };
}

describe('verdicts', () => {
  test('one for each line, in order, good and bad side by side', async () => {
    const body = [
      line('a'),
      '',
      '{',
      line('b', { payment: { ...sampleOrder('b').payment, amount: 1 } }),
      '{}',
      'x'.repeat(4_001),
      line('c'),
    ].join('\r\n');
    const { verdicts, summary } = await run(chunksOf(body.slice(0, 700), body.slice(700)));
    expect(verdicts.map((one) => [one.line, one.status, one.order_uid ?? one.reason])).toEqual([
      [1, 'accepted', 'a'],
      [3, 'rejected', 'not_json'],
      [4, 'rejected', 'sums_mismatch'],
      [5, 'rejected', 'schema'],
      [6, 'rejected', 'too_large'],
      [7, 'accepted', 'c'],
    ]);
    expect(verdicts[2].violations[0].pointer).toBe('/payment/amount');
    expect(verdicts[3].violations.length).toBeGreaterThan(5);
    expect(verdicts[0]).toMatchObject({ partition: 1, offset: 0 });
    expect(summary).toEqual({ lines: 7, accepted: 2, rejected: 4, failed: 0, complete: true });
  });

  test('bytes that are no UTF-8 are one bad line', async () => {
    const { verdicts } = await run(chunksOf(`${line('a')}\n`, Buffer.from([0x22, 0xff, 0x22, 0x0a]), line('b')));
    expect(verdicts.map((one) => one.reason ?? one.status)).toEqual(['accepted', 'invalid_utf8', 'accepted']);
  });

  test('no line at all is complete, too', async () => {
    expect(await run(chunksOf('\n\r\n'))).toEqual({
      verdicts: [],
      summary: { lines: 2, accepted: 0, rejected: 0, failed: 0, complete: true },
    });
  });

  test('what Kafka refuses for good is a rejected line with the reason, the others are accepted', async () => {
    const submitMany: OrderIntake['submitMany'] = async () => ['too_large', { partition: 0, offset: 9n }, 'other'];
    const { verdicts } = await run(chunksOf(['a', 'b', 'c'].map((uid) => `${line(uid)}\n`).join('')), submitMany);
    expect(verdicts.map((one) => one.reason ?? one.offset)).toEqual(['too_large', 9, 'kafka_rejected']);
  });

  test('Kafka down: those lines failed, nothing more is read, and it is not complete', async () => {
    let sends = 0;
    const submitMany: OrderIntake['submitMany'] = async (orders) => {
      sends += 1;
      if (sends > 1) throw new AppError('kafka_unavailable', 'secret', { retryable: true });
      return await accepting(orders);
    };
    const many = Array.from({ length: 100 }, (_, at) => `${line(`o${at}`)}\n`);
    const { verdicts, summary } = await run(chunksOf(...many), submitMany);
    expect(verdicts.map((one) => one.status)).toEqual(['accepted', 'failed']);
    expect(verdicts[1]).toEqual({ line: 2, status: 'failed', order_uid: 'o1', reason: 'kafka_unavailable' });
    expect(summary).toMatchObject({ accepted: 1, failed: 1, complete: false, reason: 'kafka_unavailable' });
    expect(summary.lines).toBeLessThan(20);
  });

  test('a body that stops coming: what was there has its verdict, and it is not complete', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${line('a')}\n${line('b').slice(0, 100)}`);
      throw new Error('gone');
    }
    const { verdicts, summary } = await run(breaking());
    expect(verdicts.map((one) => one.order_uid)).toEqual(['a']);
    expect(summary).toMatchObject({ accepted: 1, complete: false, reason: 'body_interrupted' });
  });
});

test('reading goes a few batches ahead of whoever takes the verdicts, and no further', async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      read += 1;
      yield Buffer.from(`${line(`o${read}`)}\n`);
    }
  }
  const options = { intake: { submitMany: accepting }, maxOrderBytes: 4_000, now: Date.now, inFlight: 3 };
  const verdicts = bulkVerdicts(endless(), options);
  for (let taken = 1; taken < 20; taken++) {
    expect((await verdicts.next()).value).toContain(`"order_uid":"o${taken}"`);
    expect(read).toBeLessThanOrEqual(taken + 5);
  }
  await verdicts.return(undefined);
});
