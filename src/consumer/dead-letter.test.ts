import { expect, test } from 'bun:test';
import { logRecords } from '../../test/helpers/log-records.ts';
import type { RecordHeaders } from '../contract/letter.ts';
import { type MessageSender, MessagesRejectedError, type OutgoingMessage } from '../kafka/send/message-sender.ts';
import { reject } from '../order/validate.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { deadLetterOf, sendDeadLetters } from './dead-letter.ts';

function letterOf(message: OutgoingMessage): OutgoingMessage {
  const [record] = logRecords([message], 42);
  if (record === undefined) throw new Error('no record');
  const rejection = reject('not_json', '', 'no JSON');
  return deadLetterOf({ topic: 'orders', partition: 3, record, rejection, at: 1_760_000_000_123 });
}

test('a dead letter keeps key, value bytes and headers, and says why and from where it is', () => {
  const value = Buffer.from([0xff, 0x00, 0xfe]);
  const headers = { traceparent: '00-1-2-01', bytes: Buffer.from([0xff]) };
  const letter = letterOf({ key: Buffer.from('k'), value, headers });
  expect(letter.key).toEqual(Buffer.from('k'));
  expect(letter.value).toEqual(value);
  expect(letter.carried).toEqual([
    [Buffer.from('traceparent'), Buffer.from('00-1-2-01')],
    [Buffer.from('bytes'), Buffer.from([0xff])],
  ]);
  expect(letter.headers).toEqual({
    'dl-reason': 'not_json',
    'dl-detail': '/: no JSON',
    'dl-topic': 'orders',
    'dl-partition': '3',
    'dl-offset': '42',
    'dl-at': '1760000000123',
    'dl-replays': '0',
  });
});

test('nothing stays nothing: no key, no value', () => {
  const letter = letterOf({ key: null, value: null, headers: {} });
  expect([letter.key, letter.value]).toEqual([null, null]);
});

test('the count of replays is kept, what an earlier rejection said is not', () => {
  const letter = letterOf({
    key: null,
    value: null,
    headers: { 'dl-replays': '2', 'dl-reason': 'schema', 'dl-offset': '7' },
  });
  expect(String(letter.headers['dl-replays'])).toBe('2');
  expect([letter.headers['dl-reason'], letter.headers['dl-offset']]).toEqual(['not_json', '42']);
});

test('headers are carried as they are: one name twice, no value, no text, named like properties of every object', () => {
  const carried: RecordHeaders = [
    [Buffer.from('__proto__'), Buffer.from('polluted')],
    [Buffer.from('trace'), Buffer.from('1')],
    [Buffer.from('trace'), Buffer.from('2')],
    [Buffer.from('nothing'), null],
    [Buffer.from([0xff]), Buffer.alloc(0)],
  ];
  const letter = letterOf({ key: null, value: null, headers: {}, carried });
  expect(letter.carried).toEqual([...carried]);
  const [record] = logRecords([letter]);
  expect(record?.headers.slice(0, carried.length)).toEqual([...carried]);
  expect(record?.headers.slice(carried.length).map(([name]) => String(name))).toEqual([
    'dl-reason',
    'dl-detail',
    'dl-topic',
    'dl-partition',
    'dl-offset',
    'dl-at',
    'dl-replays',
  ]);
});

function capturingLogger() {
  const lines: object[] = [];
  const warn = (fields: object, msg: string): void => void lines.push({ ...fields, msg });
  return { lines, logger: { ...silentLogger, warn } };
}

/** Takes letters of at most so many bytes, and keeps what it took. */
function senderThatTakes(maxBytes: number) {
  const taken: OutgoingMessage[] = [];
  const sizeOf = ({ value, carried = [] }: OutgoingMessage): number =>
    carried.reduce((sum, [name, text]) => sum + (name?.length ?? 0) + (text?.length ?? 0), value?.length ?? 0);
  const send: MessageSender['send'] = async (_topic, messages) => {
    const positions = messages.map(() => ({ partition: 0, offset: 0n }));
    const rejected = new Map(
      messages.flatMap((one, at) => (sizeOf(one) > maxBytes ? [[at, 'too_large'] as const] : [])),
    );
    taken.push(...messages.filter((_, at) => !rejected.has(at)));
    if (rejected.size > 0) throw new MessagesRejectedError('too large', rejected, positions);
    return positions;
  };
  return { taken, sender: { send, close: async () => {} } };
}

function bigLetter(headerBytes: number): OutgoingMessage {
  const headers = { traceparent: '0'.repeat(headerBytes) };
  return letterOf({ key: Buffer.from('k'), value: Buffer.alloc(1_000_000, 0x61), headers });
}

test('a letter that is refused goes with the start of its value and keeps its headers, and the log says so', async () => {
  const { taken, sender } = senderThatTakes(100_000);
  const { logger, lines } = capturingLogger();
  const small = letterOf({ key: null, value: Buffer.from('{'), headers: {} });
  await sendDeadLetters(sender, 'dead', [small, bigLetter(20)], logger);
  expect(taken[0]).toEqual(small);
  expect(taken[1]?.value).toEqual(Buffer.alloc(65_536, 0x61));
  expect(taken[1]?.headers).toMatchObject({
    'dl-truncated': '1000000',
    'dl-offset': '42',
    'dl-reason': 'not_json',
  });
  expect(taken[1]?.carried).toHaveLength(1);
  expect(lines).toMatchObject([{ msg: expect.stringContaining('cutting'), letters: 1, places: ['3/42'] }]);
});

test('a letter that is refused for its headers alone keeps its whole value', async () => {
  const { taken, sender } = senderThatTakes(100_000);
  const letter = letterOf({
    key: null,
    value: Buffer.from('{'),
    headers: { trace: '0'.repeat(120_000) },
  });
  await sendDeadLetters(sender, 'dead', [letter], capturingLogger().logger);
  expect(taken[0]?.value).toEqual(Buffer.from('{'));
  expect(taken[0]?.headers).toMatchObject({ 'dl-headers-dropped': '1' });
  expect(taken[0]?.headers).not.toHaveProperty('dl-truncated');
});

test('a letter that is still refused loses its headers, says how many they were, and the log says so, too', async () => {
  const { taken, sender } = senderThatTakes(100_000);
  const { logger, lines } = capturingLogger();
  await sendDeadLetters(sender, 'dead', [bigLetter(90_000)], logger);
  expect(taken[0]?.headers).toMatchObject({ 'dl-truncated': '1000000', 'dl-headers-dropped': '1' });
  expect(taken[0]?.carried ?? []).toEqual([]);
  expect(lines).toMatchObject([{ letters: 1 }, { letters: 1, lost: 'the original headers' }]);
});

test('a letter that is refused in every form is an error, and so is any other failure', async () => {
  const { sender } = senderThatTakes(10);
  await expect(sendDeadLetters(sender, 'dead', [bigLetter(1)], silentLogger)).rejects.toThrow('too large');
});
