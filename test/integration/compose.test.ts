import { describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/cmd/app/config.ts';

const ROOT = join(import.meta.dirname, '../..');
const CONSOLES = { 'redis-insight': 5540, 'kafka-console': 8080 };

interface Service {
  readonly image: string;
  readonly ports?: string[];
  readonly volumes?: string[];
  readonly environment?: Record<string, string>;
  readonly command?: string[];
  readonly healthcheck?: { readonly test: string[] };
}

const compose: { services: Record<string, Service>; volumes: Record<string, unknown> } = parse(
  readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'),
  { merge: true },
);
const config = loadConfig({ cwd: ROOT, env: {} });

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

function published(name: string): string[] {
  return (service(name).ports ?? []).map((port) => port.slice(0, port.lastIndexOf(':')));
}

describe('docker-compose.yml', () => {
  test.skipIf(Bun.which('docker-compose') === null)('is valid', () => {
    const { status, stderr } = spawnSync('docker-compose', ['config', '-q'], { cwd: ROOT, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('PostgreSQL is where config.yaml looks for it, with that user, password and database', () => {
    const url = new URL(config.postgresql.url);
    expect(published('postgresql')).toEqual([url.host]);
    expect(service('postgresql').environment).toMatchObject({
      POSTGRES_USER: url.username,
      POSTGRES_PASSWORD: url.password,
      POSTGRES_DB: url.pathname.slice(1),
    });
  });

  test('Redis is where config.yaml looks for it', () => {
    expect(published('redis')).toEqual([new URL(config.redis.url).host]);
  });

  test('Kafka is where config.yaml looks for it, says so itself, and has the topics', () => {
    const [broker] = config.kafka.brokers;
    expect(published('kafka')).toEqual(config.kafka.brokers);
    expect(service('kafka').environment?.['KAFKA_ADVERTISED_LISTENERS']).toContain(`HOST://${broker},`);
    const script = service('kafka-topics').command?.join('\n');
    expect(script).toContain(`for topic in ${config.kafka.topic} ${config.kafka.deadLetterTopic};`);
    expect(script).toContain(`--partitions ${config.kafka.partitions} `);
    expect(script).toContain(`--replication-factor ${config.kafka.replicationFactor}`);
  });

  test('the consoles are on their known ports', () => {
    for (const [name, port] of Object.entries(CONSOLES))
      expect(published(name)).toEqual([`127.0.0.1:${port}`]);
  });

  test('every image is pinned to a version, every port is on the loopback, every volume has a name', () => {
    for (const { image, ports = [], volumes = [] } of Object.values(compose.services)) {
      expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?$/);
      for (const port of ports) expect(port).toStartWith('127.0.0.1:');
      for (const volume of volumes)
        expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0] ?? '');
    }
  });

  test('every service that stays has a health check', () => {
    const stays = Object.keys(compose.services).filter((name) => name !== 'kafka-topics');
    for (const name of stays) expect(service(name).healthcheck?.test[0]).toBe('CMD');
  });
});
