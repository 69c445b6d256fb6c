import { afterAll, afterEach, expect, setSystemTime, test } from 'bun:test';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import type { RejectionReason } from '../../src/order/rejection.ts';
import { kcatSend } from '../helpers/other-producers.ts';
import { messageOf, rawMessage, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());
afterEach(() => setSystemTime());

const good = JSON.stringify(sampleOrder('poison'));
/** The sample's text with one piece of it replaced. */
function spoiled(from: string, to: string): string {
  if (!good.includes(from)) throw new Error(`the sample has no ${from}`);
  return good.replace(from, to);
}
/** As `spoiled`, with bytes that are no text. */
function spoiledBytes(from: string, bytes: readonly number[]): Buffer {
  const at = good.indexOf(from);
  return Buffer.concat([Buffer.from(good.slice(0, at)), Buffer.from(bytes), Buffer.from(good.slice(at + from.length))]);
}

const POISON: Readonly<Record<string, readonly [string | Buffer | null, RejectionReason]>> = {
  'null value': [null, 'tombstone'],
  'empty value': ['', 'not_json'],
  'blank value': [' \n', 'not_json'],
  'JSON null': ['null', 'schema'],
  number: ['42', 'schema'],
  text: ['"order"', 'schema'],
  'empty object': ['{}', 'schema'],
  'empty array': ['[]', 'schema'],
  'array of orders': [`[${good}]`, 'schema'],
  'half an order': [good.slice(0, -20), 'not_json'],
  'two orders': [good + good, 'not_json'],
  'byte order mark': [`\uFEFF${good}`, 'not_json'],
  'deep nesting': [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'schema'],
  'deep nesting that never ends': ['{"a":'.repeat(60_000), 'not_json'],
  'deep nesting in a field': [spoiled('"locale":"en"', `"locale":${'['.repeat(5000)}${']'.repeat(5000)}`), 'schema'],
  'U+0000 as an escape': [spoiled('Test Testov', 'Test\\u0000Testov'), 'nul_character'],
  'U+0000 as a byte': [spoiled('Test Testov', 'Test\u0000Testov'), 'not_json'],
  'a lone high surrogate': [spoiled('Test Testov', '\\ud83d Testov'), 'lone_surrogate'],
  'a lone low surrogate': [spoiled('Test Testov', '\\ude00 Testov'), 'lone_surrogate'],
  'surrogates the wrong way round': [spoiled('Test Testov', '\\ude00\\ud83d'), 'lone_surrogate'],
  'a surrogate in UTF-8': [spoiledBytes('Test Testov', [0xed, 0xa0, 0xbd]), 'invalid_utf8'],
  'a cut UTF-8 sequence': [spoiledBytes('Test Testov', [0xe2, 0x82]), 'invalid_utf8'],
  'Latin-1': [spoiledBytes('Test Testov', [0x4a, 0xfc, 0x72, 0x67]), 'invalid_utf8'],
  'an overlong UTF-8 sequence': [spoiledBytes('Test Testov', [0xc0, 0x80]), 'invalid_utf8'],
  '2^53': [spoiled('"sm_id":99', '"sm_id":9007199254740992'), 'integer_range'],
  '−2^53': [spoiled('"sm_id":99', '"sm_id":-9007199254740992'), 'integer_range'],
  '10^19': [spoiled('"sm_id":99', '"sm_id":10000000000000000000'), 'integer_range'],
  'a fraction': [spoiled('"sm_id":99', '"sm_id":99.5'), 'schema'],
  'an infinite number': [spoiled('"sm_id":99', '"sm_id":1e999'), 'schema'],
  'a number as text': [spoiled('"sm_id":99', '"sm_id":"99"'), 'schema'],
  '__proto__ with a whole order': [`{"__proto__":${good}}`, 'unknown_field'],
  '__proto__ in an order': [spoiled('"sm_id":99', '"sm_id":99,"__proto__":{"sm_id":1}'), 'unknown_field'],
  'constructor in an order': [spoiled('"sm_id":99', '"sm_id":99,"constructor":{}'), 'unknown_field'],
  'an unknown field': [spoiled('"sm_id":99', '"sm_id":99,"extra":1'), 'unknown_field'],
  'a missing field': [spoiled('"sm_id":99,', ''), 'schema'],
  'no items': [good.replace(/"items":\[.*\],"locale"/, '"items":[],"locale"'), 'schema'],
  'an empty uid': [spoiled('"order_uid":"poison"', '"order_uid":""'), 'schema'],
  'a duplicate key, the last one bad': [spoiled('"sm_id":99', '"sm_id":99,"sm_id":"x"'), 'schema'],
  'wrong sums': [spoiled('"amount":1817', '"amount":1818'), 'sums_mismatch'],
  'no date': [spoiled('2021-11-26T06:22:19Z', 'yesterday'), 'invalid_date'],
  'the 31st of February': [spoiled('2021-11-26', '2021-02-31'), 'invalid_date'],
  'a date to come': [spoiled('2021-11-26', '2921-11-26'), 'future_date'],
  'a megabyte and more': [spoiled('Test Testov', 'x'.repeat(1_500_000)), 'too_large'],
};

/** Odd, and good all the same. */
const ODD: readonly (readonly [string, string])[] = [
  ['dup', '{"order_uid":"first","order_uid":"dup"'],
  ['emoji 😀 \u0085\u2028', '{"order_uid":"emoji 😀 \u0085\u2028"'],
  ['esc\t\\\n"', '{"order_uid":"esc\\t\\\\\\n\\""'],
  ['pair 😀', '{"order_uid":"pair \\ud83d\\ude00"'],
  ['\\.', '{"order_uid":"\\\\."'],
  ['\\N', '{"order_uid":"\\\\N"'],
  ["'; drop table orders; --", `{"order_uid":"'; drop table orders; --"`],
];

test('each kind of bad message is a dead letter with its own reason and its own bytes, and only it', async () => {
  const path = await paths.open({ configs: { 'max.message.bytes': '4000000' } });
  const kinds = Object.entries(POISON);
  const between = sampleOrders(kinds.length);
  const messages = kinds.flatMap(([kind, [value]], index): OutgoingMessage[] => [
    { ...rawMessage(value, kind), headers: { origin: 'elsewhere', 'dl-replays': '3' } },
    messageOf(between[index] ?? sampleOrder('none')),
  ]);
  const odd = ODD.map(([uid, head]) => rawMessage(good.replace('{"order_uid":"poison"', head), uid));
  const positions = await path.send([...messages, ...odd]);
  path.start();
  await path.drained();

  const letters = new Map((await path.deadLetters()).map((letter) => [letter.key ?? '', letter]));
  const reasons = Object.fromEntries([...letters].map(([kind, { reason }]) => [kind, reason]));
  expect(reasons).toEqual(Object.fromEntries(kinds.map(([kind, [, reason]]) => [kind, reason])));
  kinds.forEach(([kind, [value]], index) => {
    const letter = letters.get(kind);
    const position = positions[index * 2];
    expect([kind, letter?.value]).toEqual([kind, value === null ? null : Buffer.from(value)]);
    expect(letter?.source).toBe(`${position?.partition}/${position?.offset}`);
    expect(letter?.headers.get('origin')).toBe('elsewhere');
    expect(letter?.headers.get('dl-replays')).toBe('3');
    expect(letter?.headers.get('dl-topic')).toBe(path.place.topic);
    expect(letter?.detail.length).toBeLessThan(1_000);
  });
  const oddOrders = ODD.map(([uid]) => ({ ...sampleOrder('poison'), order_uid: uid }));
  expect(await path.differencesFrom([...between, ...oddOrders])).toEqual([]);
});

test('one order in 500 that the database itself refuses is the only dead letter', async () => {
  const path = await paths.open({ partitions: 1 });
  await path.sql`alter table orders add constraint picky check (customer_id <> 'refused')`;
  const orders = sampleOrders(500);
  const refused = sampleOrder('refused', 1, { customer_id: 'refused' });
  orders[321] = refused;
  const positions = await path.send(orders.map((order) => messageOf(order)));
  const { consumer } = path.start({ maxBatchOrders: 1_000 });
  await path.drained();
  expect(await path.differencesFrom(orders.filter((order) => order !== refused))).toEqual([]);
  const letters = await path.deadLetters();
  expect(letters.map(({ reason, source }) => [reason, source])).toEqual([
    ['database_rejected', `${positions[321]?.partition}/${positions[321]?.offset}`],
  ]);
  expect(letters[0]?.value).toEqual(Buffer.from(JSON.stringify(refused)));
  expect(consumer.status()).toMatchObject({ written: 499, deadLettered: 1 });
});

test('an item the database refuses takes its order with it, and nothing else', async () => {
  const path = await paths.open({ partitions: 1 });
  await path.sql`alter table order_items add constraint picky check (rid <> 'b-3')`;
  const orders = [sampleOrder('a', 3), sampleOrder('b', 4), sampleOrder('c', 2)];
  await path.send(orders.map((order) => messageOf(order)));
  path.start();
  await path.drained();
  expect([...(await path.storedOrders()).keys()].sort()).toEqual(['a', 'c']);
  expect((await path.deadLetters()).map(({ reason, key }) => [reason, key])).toEqual([['database_rejected', 'b']]);
});

test('orders that a trigger refuses are dead letters, in a batch of any size', async () => {
  const path = await paths.open({ partitions: 1 });
  await path.sql
    .unsafe(`create function refuse() returns trigger language plpgsql as $$
      begin
        if new.customer_id = 'refused' then raise exception 'not this one'; end if;
        return new;
      end $$;
      create trigger refuse before insert on orders for each row execute function refuse()`)
    .simple();
  const orders = sampleOrders(40);
  const refused = [0, 20, 39].map((at) => sampleOrder(`refused-${at}`, 1, { customer_id: 'refused' }));
  const messages = [refused[0], ...orders.slice(0, 20), refused[1], ...orders.slice(20), refused[2]];
  await path.send(messages.flatMap((order) => (order === undefined ? [] : [messageOf(order)])));
  path.start();
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
  expect((await path.deadLetters()).map(({ reason, key }) => [reason, key])).toEqual(
    refused.map(({ order_uid }) => ['database_rejected', order_uid]),
  );
});

test('a bad message with a header named __proto__ is a dead letter with that header, and holds nothing up', async () => {
  const path = await paths.open({ partitions: 1 });
  const { brokers, topic } = path.place;
  await kcatSend(brokers, topic, ['not an order'], ['-H', '__proto__=polluted', '-H', 'constructor=x']);
  const order = sampleOrder('behind it');
  await path.send([messageOf(order)]);
  path.start();
  await path.drained(20_000);
  expect(await path.differencesFrom([order])).toEqual([]);
  const [letter] = await path.deadLetters();
  expect(letter?.reason).toBe('not_json');
  expect(letter?.headers.get('__proto__')).toBe('polluted');
  expect(letter?.headers.get('constructor')).toBe('x');
});

test('a clock two hours ahead of the broker holds no partition up: its dead letters go without a time', async () => {
  const path = await paths.open();
  const orders = sampleOrders(30);
  const key = 'bad';
  await path.send([...orders.slice(0, 15).map((one) => messageOf(one)), rawMessage('{}', key)]);
  await path.send(orders.slice(15).map((one) => messageOf(one)));
  setSystemTime(new Date(Date.now() + 7_200_000));
  path.start();
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
  expect(await path.deadLetters()).toMatchObject([{ key, reason: 'schema', value: Buffer.from('{}') }]);
});
