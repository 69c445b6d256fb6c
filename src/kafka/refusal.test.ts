import { expect, test } from 'bun:test';
import { noteUser, rightNeeded } from './refusal.ts';

test('the command that gives a right can be pasted, and names the user where that is known', () => {
  const command = (): string => rightNeeded('Read', 'group', 'our group').split(': kafka-acls ')[1] ?? '';
  const rest = "--operation Read --group 'our group'";
  expect(command()).toBe(`--add --allow-principal 'User:<the user of this service>' ${rest}`);
  noteUser('orders');
  expect(command()).toBe(`--add --allow-principal User:orders ${rest}`);
  noteUser("o'hara");
  expect(command()).toBe(`--add --allow-principal 'User:<the user of this service>' ${rest}`);
});
