import { expect, test } from 'bun:test';
import { indentJson, lineAndColumn, placeFinder, syntaxErrorIn } from './json-places.ts';

const text = `{
  "a": 1,
  "b/c": {"d": [10, {"e": "x"}]},
  "twice": 1, "twice": 2
}`;
const at = (pointer: string) => {
  const { from, to } = placeFinder(text)(pointer);
  return text.slice(from, to);
};

test('a pointer finds its member, the last of doubled ones', () => {
  expect(at('/a')).toBe('"a": 1');
  expect(at('/b~1c/d/0')).toBe('10');
  expect(at('/b~1c/d/1/e')).toBe('"e": "x"');
  expect(at('/twice')).toBe('"twice": 2');
});

test('what is missing is shown where it should be', () => {
  expect(at('/b~1c/missing')).toBe('"b/c"');
  expect(at('/b~1c/d/7')).toBe('"d"');
  expect([at(''), at('/missing'), at('/b~1c/d/1/f')]).toEqual(['{', '{', '{']);
  expect(placeFinder('')('/a')).toEqual({ from: 0, to: 0 });
});

test('where a text stops being JSON', () => {
  expect(syntaxErrorIn(text)).toBeUndefined();
  const spot = (broken: string) => {
    const { from, to } = syntaxErrorIn(broken) ?? { from: -1, to: -1 };
    return [from, broken.slice(from, to)];
  };
  expect(spot('{"a": nul}')).toEqual([6, 'nul']);
  expect(spot('{"a": 1,}')).toEqual([8, '}']);
  expect(spot('{"a": // no\n 1}')).toEqual([6, '// no']);
  expect(spot('{"half": ')[0]).toBe(8);
});

test('lines and columns count from one', () => {
  expect(lineAndColumn(text, 0)).toEqual({ line: 1, column: 1 });
  expect(lineAndColumn(text, text.indexOf('"a"'))).toEqual({ line: 2, column: 3 });
});

test('indents change nothing else', () => {
  expect(indentJson('{"a":9007199254740993,"a":1e2,"b":[]}')).toBe(
    '{\n  "a": 9007199254740993,\n  "a": 1e2,\n  "b": []\n}',
  );
  expect(indentJson('{"half": ')).toBe('{"half": ');
});
