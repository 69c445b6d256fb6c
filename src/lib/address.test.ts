import { describe, expect, test } from 'bun:test';
import { formatAddress, isLoopback, parseBroker } from './address.ts';

describe('addresses', () => {
  test('of a broker: names, IPv4 and IPv6', () => {
    expect(parseBroker('localhost:9092')).toEqual({ host: 'localhost', port: 9092 });
    expect(parseBroker('kafka_1.example:9092')).toEqual({ host: 'kafka_1.example', port: 9092 });
    expect(parseBroker('[::1]:9092')).toEqual({ host: '::1', port: 9092 });
    expect(parseBroker('[2001:db8::7]:19092')).toEqual({ host: '2001:db8::7', port: 19_092 });
  });

  test.each([
    ['localhost', 'the broker localhost has no port: write host:port'],
    [':9092', 'the broker :9092 is not host:port'],
    ['localhost:0', 'the broker localhost:0 has no port from 1 to 65535'],
    ['localhost:70000', 'the broker localhost:70000 has no port from 1 to 65535'],
    ['localhost:x', 'the broker localhost:x has no port from 1 to 65535'],
    ['::1', 'the broker ::1 is an IPv6 address without brackets: write [address]:port'],
    ['[::1', 'the broker [::1 is not host:port'],
    ['[host]:1', 'the broker [host]:1 has no IPv6 address in its brackets'],
    ['kafka://user:S3cret@h:9092', 'the broker *** names a protocol: write host:port'],
    ['user:S3cret@h:9092', 'the broker *** is not host:port'],
    ['h:9092,S3cret', 'the broker *** names several hosts, and only one is allowed'],
  ])('what is none says why: %s', (text, message) => {
    expect(() => parseBroker(text)).toThrow(expect.objectContaining({ code: 'config_invalid', message }));
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
});
