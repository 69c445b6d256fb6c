import { expect, test } from 'bun:test';
import { keySlot } from './nodes.ts';

test('slots are those of the cluster specification', () => {
  expect(keySlot('123456789')).toBe(0x31c3);
  expect(keySlot('foo')).toBe(12_182);
  expect(keySlot('')).toBe(0);
});

test('what stands between the first braces counts, unless it is nothing', () => {
  expect(keySlot('{user1000}.following')).toBe(keySlot('user1000'));
  expect(keySlot('foo{{bar}}zap')).toBe(keySlot('{bar'));
  expect(keySlot('foo{bar}{zap}')).toBe(keySlot('bar'));
  expect(keySlot('foo{}{bar}')).not.toBe(keySlot('bar'));
  expect(keySlot('foo{bar')).not.toBe(keySlot('bar'));
});
