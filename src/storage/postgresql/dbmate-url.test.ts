import { expect, test } from 'bun:test';
import { dbmateUrl } from './dbmate-url.ts';

test('dbmate gets what its driver would otherwise take from elsewhere, and nothing it does not know', () => {
  expect(dbmateUrl('postgres://h')).toBe('postgres://postgres@h:5432/postgres?sslmode=disable');
  expect(dbmateUrl('postgres://u:p%@h:1/d?ssl=true&channel_binding=require')).toBe(
    'postgres://u:p%25@h:1/d?sslmode=require',
  );
});

test('dbmate finds an IPv6 host', () => {
  expect(dbmateUrl('postgres://u@[::1]:1/d')).toBe('postgres://u@[::1]:1/d?sslmode=disable&host=%3A%3A1');
});
