import { expect, test } from 'bun:test';
import { AppError } from '../lib/app-error.ts';
import { parseEdit } from './edit.ts';

const edit = (document: unknown) => parseEdit(Buffer.from(JSON.stringify(document)));
const applied = (document: unknown, value: string | null): string | undefined => {
  const result = edit(document).apply(value === null ? null : Buffer.from(value));
  return result.ok ? result.value.toString() : undefined;
};

test('a patch changes what it names', () => {
  const value = '{"a": {"b": [1, 2]}, "c": "x"}';
  expect(applied([{ op: 'replace', path: '/a/b/0', value: 9 }], value)).toBe('{"a":{"b":[9,2]},"c":"x"}');
  expect(applied([{ op: 'add', path: '/a/b/-', value: null }], value)).toBe('{"a":{"b":[1,2,null]},"c":"x"}');
  expect(applied([{ op: 'remove', path: '/c' }], value)).toBe('{"a":{"b":[1,2]}}');
  expect(applied([{ op: 'move', from: '/c', path: '/a/d' }], value)).toBe('{"a":{"b":[1,2],"d":"x"}}');
  expect(applied([{ op: 'replace', path: '', value: { whole: true } }], value)).toBe('{"whole":true}');
});

test('one operation that fails undoes all: the letter is left alone', () => {
  const operations = [
    { op: 'replace', path: '/a', value: 2 },
    { op: 'test', path: '/b', value: 'other' },
  ];
  expect(edit(operations).apply(Buffer.from('{"a":1,"b":"x"}'))).toMatchObject({ ok: false });
  expect(applied([{ op: 'remove', path: '/absent' }], '{}')).toBeUndefined();
  expect(applied([{ op: 'remove', path: '' }], '{}')).toBeUndefined();
  expect(applied([{ op: 'add', path: '/a', value: 1 }], '{half')).toBeUndefined();
  expect(applied([{ op: 'add', path: '/a', value: 1 }], null)).toBeUndefined();
});

test('a patch can be used again, and reaches no prototype', () => {
  const patch = edit([
    { op: 'add', path: '/list', value: [] },
    { op: 'add', path: '/list/-', value: 1 },
  ]);
  for (let at = 0; at < 2; at++) {
    expect(patch.apply(Buffer.from('{}'))).toEqual({ ok: true, value: Buffer.from('{"list":[1]}') });
  }
  for (const path of ['/__proto__/polluted', '/a/constructor/prototype/polluted']) {
    expect(() => edit([{ op: 'add', path, value: 1 }])).toThrow("can't be patched");
  }
});

test('a document replaces the value byte for byte', () => {
  const bytes = Buffer.from('{ "a" : 1e2 }\n');
  const replacement = parseEdit(bytes);
  expect(replacement.replaces).toBe(true);
  expect(replacement.apply(null)).toEqual({ ok: true, value: bytes });
});

test('what is neither is refused at once', () => {
  const wrong = [
    [{ op: 'jump', path: '/a' }],
    [{ op: 'add', path: '/a' }],
    [{ op: 'add', path: 'a', value: 1 }],
    [1],
  ];
  for (const document of wrong) expect(() => edit(document)).toThrow(AppError);
  expect(() => parseEdit(Buffer.from('{'))).toThrow('not JSON');
  expect(() => parseEdit(Buffer.from([0xff]))).toThrow('not JSON');
});
