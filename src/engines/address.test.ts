import { describe, expect, test } from 'bun:test';
import { isLoopback } from '../lib/loopback.ts';
import { addressOfBroker, addressOfUrl, credentialsOfUrl, formatAddress } from './address.ts';

describe('addresses', () => {
  test('of a URL, with the default port and without brackets', () => {
    expect(addressOfUrl('postgres://u:p@db.example:6000/x', 5432)).toEqual({
      host: 'db.example',
      port: 6000,
    });
    expect(addressOfUrl('redis://127.0.0.1/0', 6379)).toEqual({ host: '127.0.0.1', port: 6379 });
    expect(addressOfUrl('redis://[::1]:7000', 6379)).toEqual({ host: '::1', port: 7000 });
    expect(addressOfUrl('postgres:///x', 5432)).toEqual({ host: '127.0.0.1', port: 5432 });
  });

  test('of a broker', () => {
    expect(addressOfBroker('localhost:9092')).toEqual({ host: 'localhost', port: 9092 });
    for (const bad of ['localhost', ':9092', 'localhost:0', 'localhost:70000', 'localhost:x']) {
      expect(() => addressOfBroker(bad)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    }
  });

  test('are written with brackets where a colon would be in the way', () => {
    expect(formatAddress({ host: '::1', port: 1 })).toBe('[::1]:1');
    expect(formatAddress({ host: 'localhost', port: 1 })).toBe('localhost:1');
  });

  test('are local on the loopback only', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1']) expect(isLoopback(host)).toBe(true);
    for (const host of ['0.0.0.0', '10.0.0.1', 'localhost.example', '127.example', '::']) {
      expect(isLoopback(host)).toBe(false);
    }
  });

  test('credentials are decoded, and a malformed URL does not leak them', () => {
    expect(credentialsOfUrl('postgres://a%40b:p%3Aw@h/x')).toEqual({ user: 'a@b', password: 'p:w' });
    expect(credentialsOfUrl('redis://h')).toEqual({ user: '', password: '' });
    expect(() => credentialsOfUrl('postgres://u:secret@h:port/x')).toThrow(/^(?!.*secret).*malformed/);
  });
});
