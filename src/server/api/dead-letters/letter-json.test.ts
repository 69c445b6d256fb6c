import { expect, test } from 'bun:test';
import { deadLetter as letter } from '../../../../test/helpers/letter-records.ts';
import { letterJson, summaryJson } from './letter-json.ts';

test('a value is JSON where that gives the same bytes, and bytes besides where not', () => {
  expect(letterJson({ letter: letter(), redriven: undefined })).toMatchObject({
    position: '3:17',
    value: { order_uid: 'k17' },
    key: 'k17',
  });
  expect(letterJson({ letter: letter(), redriven: undefined }).value_base64).toBeUndefined();
  for (const value of ['{ "a": 1 }', '{"a":1e2}', '{"a":1,"a":2}', '9007199254740993']) {
    const json = letterJson({ letter: letter({ value }), redriven: undefined });
    expect(json.value).toBeDefined();
    expect(Buffer.from(json.value_base64 ?? '', 'base64').toString()).toBe(value);
  }
  expect(letterJson({ letter: letter({ value: '{half' }), redriven: undefined })).not.toHaveProperty('value');
  expect(letterJson({ letter: letter({ value: null }), redriven: undefined })).toMatchObject({ value_bytes: null });
});

test('an instant nobody could have meant is still an instant', () => {
  const absurd = { ...letter({ at: 999_999_999_999_999 }), orderUid: undefined, valueBytes: null, redrivenAt: 0 };
  expect(summaryJson(absurd)).toMatchObject({
    at: '9999-12-31T23:59:59.999Z',
    redriven_at: '1970-01-01T00:00:00.000Z',
  });
});
