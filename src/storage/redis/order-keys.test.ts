import { expect, test } from 'bun:test';
import { storedDocument } from '../../../test/helpers/stored-order.ts';
import { decodeCachedOrder, encodeCachedOrder } from './order-keys.ts';

const document = storedDocument('ü 😀', { locale: '\n"\u2028' });
const bytes = encodeCachedOrder('ü 😀', document);

test('an order comes back as it was', () => {
  expect(decodeCachedOrder('ü 😀', bytes)).toEqual(document);
  const early = { ...document, origin: { ...document.origin, producedAt: -1, storedAt: 0 } };
  expect(decodeCachedOrder('ü 😀', encodeCachedOrder('ü 😀', early))).toEqual(early);
});

test('its bytes do not hang on those they came in', () => {
  const came = Buffer.concat([Buffer.alloc(100), bytes, Buffer.alloc(100)]);
  const decoded = decodeCachedOrder('ü 😀', came.subarray(100, 100 + bytes.length));
  came.fill(0);
  expect(decoded).toEqual(document);
  expect(decoded?.body.buffer.byteLength).toBe(document.body.byteLength);
});

test('one changed byte anywhere, and it is not taken', () => {
  for (let at = 0; at < bytes.length; at++) {
    const spoilt = Buffer.from(bytes);
    spoilt.writeUInt8((bytes.readUInt8(at) + 1) % 256, at);
    expect(decodeCachedOrder('ü 😀', spoilt)).toBeUndefined();
  }
});

test('what is cut off, of another order or of another program is not taken', () => {
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeCachedOrder('ü 😀', bytes.subarray(0, length))).toBeUndefined();
  }
  expect(decodeCachedOrder('u', bytes)).toBeUndefined();
  for (const text of ['{"order":{}}', 'lease:x', '2 \n', '\n\n\n\n\n\n\n\n\n\n\n\n\n\n']) {
    expect(decodeCachedOrder('u', Buffer.from(text))).toBeUndefined();
  }
});
