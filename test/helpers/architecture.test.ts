import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import rooms from '../../scripts/rooms.json';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

test('the diagram of the rooms is the one that the import rules make', () => {
  const [, drawn] = DOCUMENT.match(/```mermaid\n(.*?)```/s) ?? [];
  expect(drawn).toBe(diagram());
});

test('every path that docs/architecture.md names is there', () => {
  const named = [...DOCUMENT.matchAll(/`((?:src|test|bench|migrations|scripts|docs)\/[^`*<>{ ]+)`/g)].map(
    ([, path]) => path ?? '',
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** Rooms and their imports; one that follows from two others is left out. */
function diagram(): string {
  const imports = new Map<string, Set<string>>();
  for (const [room, allowed] of Object.entries({ ...rooms, cmd: Object.keys(rooms) })) {
    const from = nodeOf(room);
    const known = imports.get(from) ?? new Set<string>();
    for (const to of allowed.map(nodeOf)) if (to !== from) known.add(to);
    imports.set(from, known);
  }
  const reaches = (from: string, to: string): boolean =>
    [...(imports.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  const lines = [...imports].flatMap(([from, direct]) =>
    [...direct]
      .filter((to) => ![...direct].some((other) => other !== to && reaches(other, to)))
      .map((to) => `  ${from} --> ${to}`),
  );
  return ['flowchart TD', ...lines, ''].join('\n');
}

/** PostgreSQL and Redis are parts of one room. */
function nodeOf(room: string): string {
  return room.replace(/^storage\/.*/, 'storage');
}
