import { describe, expect, test } from 'bun:test';
import { AppError } from '../lib/app-error.ts';
import { parseEdit } from './edit.ts';

const edit = (document: unknown) => parseEdit(Buffer.from(JSON.stringify(document)));
const applied = async (document: unknown, value: string | null): Promise<string | undefined> => {
  const result = await edit(document).apply(value === null ? null : Buffer.from(value));
  return result.ok ? result.value.toString() : undefined;
};

test('a patch changes what it names', async () => {
  const value = '{"a": {"b": [1, 2]}, "c": "x"}';
  expect(await applied([{ op: 'replace', path: '/a/b/0', value: 9 }], value)).toBe('{"a":{"b":[9,2]},"c":"x"}');
  expect(await applied([{ op: 'add', path: '/a/b/-', value: null }], value)).toBe('{"a":{"b":[1,2,null]},"c":"x"}');
  expect(await applied([{ op: 'remove', path: '/c' }], value)).toBe('{"a":{"b":[1,2]}}');
  expect(await applied([{ op: 'move', from: '/c', path: '/a/d' }], value)).toBe('{"a":{"b":[1,2],"d":"x"}}');
  expect(await applied([{ op: 'replace', path: '', value: { whole: true } }], value)).toBe('{"whole":true}');
});

test('one operation that fails undoes all: the letter is left alone', async () => {
  const operations = [
    { op: 'replace', path: '/a', value: 2 },
    { op: 'test', path: '/b', value: 'other' },
  ];
  expect(await edit(operations).apply(Buffer.from('{"a":1,"b":"x"}'))).toMatchObject({ ok: false });
  expect(await applied([{ op: 'remove', path: '/absent' }], '{}')).toBeUndefined();
  expect(await applied([{ op: 'remove', path: '' }], '{}')).toBeUndefined();
  expect(await applied([{ op: 'add', path: '/a', value: 1 }], '{half')).toBeUndefined();
  expect(await applied([{ op: 'add', path: '/a', value: 1 }], null)).toBeUndefined();
});

test('a patch can be used again, and reaches no prototype', async () => {
  const patch = edit([
    { op: 'add', path: '/list', value: [] },
    { op: 'add', path: '/list/-', value: 1 },
  ]);
  for (let at = 0; at < 2; at++) {
    expect(await patch.apply(Buffer.from('{}'))).toEqual({ ok: true, value: Buffer.from('{"list":[1]}') });
  }
  for (const path of ['/__proto__/polluted', '/a/constructor/prototype/polluted', '/a/length', '/a/-1']) {
    for (const op of ['add', 'replace'])
      expect(await applied([{ op, path, value: 4_294_967_295 }], '{"a":[1]}')).toBeUndefined();
  }
  expect(await applied([{ op: 'add', path: '/__proto__', value: { a: 1 } }], '{}')).toBe('{"__proto__":{"a":1}}');
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('every operation is that of RFC 6902', async () => {
  const cases: [object, string, string | undefined][] = [
    [{ op: 'add', path: '/1', value: 'x' }, '["a","b"]', '["a","x","b"]'],
    [{ op: 'add', path: '/2', value: 'x' }, '["a","b"]', '["a","b","x"]'],
    [{ op: 'add', path: '/3', value: 'x' }, '["a","b"]', undefined],
    [{ op: 'add', path: '/01', value: 'x' }, '["a","b"]', undefined],
    [{ op: 'add', path: '/a/b', value: 1 }, '{}', undefined],
    [{ op: 'add', path: '/', value: 1 }, '{}', '{"":1}'],
    [{ op: 'replace', path: '/a', value: null }, '{"a":{"b":1}}', '{"a":null}'],
    [{ op: 'replace', path: '/absent', value: 1 }, '{}', undefined],
    [{ op: 'remove', path: '/0' }, '[1,2]', '[2]'],
    [{ op: 'remove', path: '/-' }, '[1,2]', undefined],
    [{ op: 'move', from: '/0', path: '/2' }, '[1,2,3]', '[2,3,1]'],
    [{ op: 'move', from: '/a', path: '/a/b' }, '{"a":{}}', undefined],
    [{ op: 'copy', from: '/a', path: '/a/c' }, '{"a":{"b":1}}', '{"a":{"b":1,"c":{"b":1}}}'],
    [{ op: 'test', path: '/a', value: { c: [2], b: 1 } }, '{"a":{"b":1,"c":[2]}}', '{"a":{"b":1,"c":[2]}}'],
    [{ op: 'test', path: '/a', value: '1' }, '{"a":1}', undefined],
    [{ op: 'test', path: '/~01~1', value: 1 }, '{"~1/":1}', '{"~1/":1}'],
    [{ op: 'replace', path: '/a/0', value: 'x' }, '{"a":"text"}', undefined],
  ];
  for (const [operation, value, result] of cases)
    expect([operation, await applied([operation], value)]).toEqual([operation, result]);
});

describe('an edit costs no more than its size says', () => {
  const detail = async (operations: unknown, value: string) => {
    const result = await edit(operations).apply(Buffer.from(value));
    return result.ok ? `${result.value.length} bytes` : result.detail;
  };

  test('a document copied into itself again and again is refused while it grows', async () => {
    const copies = Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '', path: `/c${at}` }));
    expect(await detail(copies, '{"a":"x"}')).toContain('too large');
    const deeper = Array.from({ length: 10 }, (_, at) => ({
      op: 'copy',
      from: '',
      path: '/a'.repeat(2 ** at),
    }));
    expect(await detail(deeper, '{"a":{}}')).toContain('levels deep');
  });

  test('lists are compared in linear time', async () => {
    const list = Array.from({ length: 50_000 }, (_, at) => at);
    const other = list.map((at) => at + 1);
    expect(await detail([{ op: 'test', path: '/a', value: other }], JSON.stringify({ a: list }))).toContain(
      'is another value',
    );
  });

  test('what is nested very deep is refused before it is parsed', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const add = `[{"op":"add","path":"/a","value":${deep}}]`;
    expect(() => parseEdit(Buffer.from(deep))).toThrow('levels deep');
    expect(() => parseEdit(Buffer.from(add))).toThrow('levels deep');
    expect(await detail([{ op: 'remove', path: '/0' }], deep)).toContain('levels deep');
  });

  test('operations are limited in number', () => {
    const removal = { op: 'remove', path: '/a' };
    expect(() => edit(Array(1_001).fill(removal))).toThrow('the most is 1000');
  });
});

test('a document replaces the value byte for byte', async () => {
  const bytes = Buffer.from('{ "a" : 1e2 }\n');
  const replacement = parseEdit(bytes);
  expect(replacement.replaces).toBe(true);
  expect(await replacement.apply(null)).toEqual({ ok: true, value: bytes });
});

test('what is neither is refused at once', async () => {
  const wrong = [[{ op: 'jump', path: '/a' }], [{ op: 'add', path: '/a' }], [{ op: 'add', path: 'a', value: 1 }], [1]];
  for (const document of wrong) expect(() => edit(document)).toThrow(AppError);
  expect(() => parseEdit(Buffer.from('{'))).toThrow('not JSON');
  expect(() => parseEdit(Buffer.from([0xff]))).toThrow('not JSON');
});
