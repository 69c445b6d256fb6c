import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import pkg from '../../package.json' with { type: 'json' };
import { loadConfig } from '../../src/cmd/app/config.ts';
import { serverProperties } from '../../src/engines/kafka/kafka.ts';
import { startProgram } from '../helpers/app-process.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Settings that say where a node is, which differs. */
const NODE = /listener|voters|^log\.dirs$/;
const CONSOLES = { 'redis-insight': 5540, 'kafka-console': 8080 };

interface Service {
  readonly image: string;
  readonly profiles?: string[];
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
  test.skipIf(Bun.which('docker-compose') === null)('is valid, without a profile and with each', async () => {
    const profiles = [[], ['--profile', 'app'], ['--profile', 'observability']];
    const commands = profiles.map((profile) => ['docker-compose', ...profile, 'config', '-q']);
    const exits = await Promise.all(commands.map((command) => startProgram(command).exited));
    for (const exit of exits) expect(exit).toMatchObject({ code: 0, stderr: '' });
  });

  test('engines and consoles are started in any case, the service and what observes it on demand', () => {
    const of = (profile?: string) =>
      Object.keys(compose.services).filter((name) => service(name).profiles?.[0] === profile);
    expect(of()).toEqual(['postgresql', 'redis', 'kafka', ...Object.keys(CONSOLES)]);
    expect(of('app')).toEqual(['app']);
    expect(of('observability')).toEqual(['prometheus', 'grafana']);
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

  test('Kafka is where config.yaml looks for it, and says so itself', () => {
    const [broker] = config.kafka.brokers;
    expect(published('kafka')).toEqual(config.kafka.brokers);
    expect(service('kafka').environment?.['KAFKA_ADVERTISED_LISTENERS']).toContain(`HOST://${broker},`);
  });

  test('topics are made by the service alone, with the same settings on every way, on brokers that are set alike', () => {
    expect(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')).not.toMatch(/kafka-topics|--create/);
    const local = new Map(
      serverProperties('127.0.0.1:9092', '127.0.0.1:9093', 'data')
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const composed = Object.entries(service('kafka').environment ?? {}).map(([name, value]) => [
      name
        .replace(/^KAFKA_/, '')
        .toLowerCase()
        .replaceAll('_', '.'),
      String(value),
    ]);
    const both = composed.filter(([name = '', value]) => local.has(name) && !NODE.test(name) && value !== undefined);
    expect(both.length).toBeGreaterThan(8);
    for (const [name = '', value] of both) expect([name, local.get(name)]).toEqual([name, value]);
  });

  test('the consoles are on their known ports', () => {
    for (const [name, port] of Object.entries(CONSOLES)) expect(published(name)).toEqual([`127.0.0.1:${port}`]);
  });

  test('the service reaches the engines in their network, and has no rights', () => {
    expect(service('app')).toMatchObject({
      image: `test-service:${pkg.version}`,
      environment: { TEST_SERVICE_POSTGRESQL_URL: config.postgresql.url.replace('127.0.0.1', 'postgresql') },
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(published('app')).toEqual(['127.0.0.1:8001']);
    const advertised = service('kafka').environment?.['KAFKA_ADVERTISED_LISTENERS'];
    expect(advertised).toEndWith(`CONTAINERS://${service('app').environment?.['TEST_SERVICE_KAFKA_BROKERS']}`);
  });

  test('every image is pinned to a version, every port is on the loopback, every volume has a name', () => {
    for (const { image, ports = [], volumes = [] } of Object.values(compose.services)) {
      expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?$/);
      for (const port of ports) expect(port).toStartWith('127.0.0.1:');
      const named = volumes.filter((volume) => !/^\.\/(deploy\/|docs:).*:ro$/.test(volume));
      for (const volume of named) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0] ?? '');
    }
  });

  test('every service that stays has a health check', () => {
    for (const { healthcheck } of Object.values(compose.services)) expect(healthcheck?.test[0]).toBe('CMD');
  });
});
