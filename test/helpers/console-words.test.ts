import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { ruleOf } from '../../src/order/wording.ts';
import { UNCHECKED } from '../../src/verify/verify.ts';
import { problemTexts } from '../../src/web/i18n/problems.ts';
import { uncheckedTexts } from '../../src/web/i18n/wording.ts';

test('the console has texts for every kind of problem that the API has, and for no others', () => {
  const files = [...new Bun.Glob('src/server/**/*.ts').scanSync('.')].filter((path) => !path.endsWith('.test.ts'));
  const declared = files.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/: Problem = \{\s+name: '([a-z-]+)'/g)].map(([, name = '']) => name),
  );
  expect(declared.length).toBeGreaterThan(30);
  for (const texts of [problemTexts.en, problemTexts.ru]) expect(Object.keys(texts).sort()).toEqual(declared.sort());
});

test('what patches are refused with has words in every language', () => {
  const source = readFileSync('src/dead-letters/json-patch.ts', 'utf8');
  const said = [...source.matchAll(/new PatchError\(['`](?!\$)([^'`]+)['`]\)/g)].map(([, text = '']) =>
    text.replace(/\$\{\w+\}/, '64'),
  );
  expect(said.length).toBeGreaterThan(5);
  for (const text of said) expect(`${ruleOf(text)?.rule ?? ruleOf(`add /a b: ${text}`)?.rule}`).toStartWith('patch_');
});

test('what a verification does not check is said in Russian, too', () => {
  expect(Object.keys(uncheckedTexts.ru)).toEqual([...UNCHECKED]);
});
