import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import pkg from '../../package.json' with { type: 'json' };
import { CHART_SCHEMA, chartSchemaNow } from '../../scripts/chart-schema.ts';
import { loadConfig } from '../../src/cmd/app/config.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, startApp } from '../helpers/app-process.ts';
import { CertificateAuthority } from '../helpers/certificates.ts';
import { freePorts } from '../helpers/free-port.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHART = join(ROOT, 'deploy/helm/test-service');
const UNIT = join(ROOT, 'deploy/systemd/test-service@.service');
const HELM = join(ROOT, '.cache/helm-v3.17.3/helm');
const WITHOUT_HELM = existsSync(HELM)
  ? ''
  : ' (left out: make setup-test builds helm with Go 1.23 or newer, and there is none)';
const VALIDATE = join(ROOT, '.cache/python/bin/kubernetes-validate');
/** The oldest that the chart takes, and the newest that there are schemas of. */
const KUBERNETES = ['1.30.0', '1.37.0'];
const TOKEN = { 'server.tokenFile': { secret: 'test-service', key: 'token' } };
/** As Secrets of the cluster would have them, by key. */
const CONTENT: Record<string, string> = {
  token: 'a-token-that-is-long-enough',
  password: 'the password',
  uri: 'postgres://someone:secret@database:5432/orders',
};

interface Container {
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: FromSecret }[];
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
}
interface FromSecret {
  readonly secretKeyRef: { readonly key: string };
}
interface ProjectedItems {
  readonly items: readonly { readonly key: string; readonly path: string }[];
}
interface PodVolume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly projected?: {
    readonly sources: readonly { readonly secret?: ProjectedItems; readonly configMap?: ProjectedItems }[];
  };
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: { readonly containers: readonly Container[]; readonly volumes: readonly PodVolume[] };
    };
  };
}

const folder = createTempDir('test-deploy-');
beforeAll(() => {
  const authority = new CertificateAuthority(join(folder.path, 'authority'));
  const { certificate, key } = authority.issue('client');
  for (const [name, file] of Object.entries({
    'ca.crt': authority.certificate,
    'tls.crt': certificate,
    'tls.key': key,
  }))
    CONTENT[name] = readFileSync(file, 'utf8');
});
afterEach(killRunning);
afterAll(folder.remove);

function helm(...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(HELM, args, { encoding: 'utf8' });
  return { code: status, output: status === 0 ? stdout : stderr };
}

function valuesFile(values: unknown): string {
  const file = join(folder.path, 'values.yaml');
  writeFileSync(file, stringify(values));
  return file;
}

function render(values: unknown, version = KUBERNETES[0] ?? ''): { text: string; manifests: Manifest[] } {
  const where = ['--namespace', 'orders', '--kube-version', version];
  const { code, output } = helm('template', 'shop', CHART, ...where, '--values', valuesFile(values));
  expect(code === 0 ? '' : output).toBe('');
  return { text: output, manifests: parseAllDocuments(output).map((one): Manifest => one.toJS()) };
}

/** What a pod of the role sees, in a folder instead of /etc/test-service: its arguments and its environment. */
function podOf(role: string, manifests: readonly Manifest[], at: string) {
  const found = manifests.find(({ kind, metadata }) => /Deployment|Job/.test(kind) && metadata.name.endsWith(role));
  const pod = found?.spec?.template?.spec;
  const [container] = pod?.containers ?? [];
  if (pod === undefined || container === undefined) throw new Error(`no pod of ${role}`);
  const here = (text: string): string => text.replaceAll('/etc/test-service', at);
  for (const one of ['config', 'secrets']) mkdirSync(join(at, one), { recursive: true });
  const map = pod.volumes.find(({ configMap }) => configMap !== undefined)?.configMap?.name;
  const settings = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === map)?.data;
  writeFileSync(join(at, 'config/config.yaml'), settings?.['config.yaml'] ?? '');
  const items = pod.volumes
    .flatMap(({ projected }) => projected?.sources ?? [])
    .flatMap(({ secret, configMap }) => (secret ?? configMap)?.items ?? []);
  for (const { key, path } of items) writeFileSync(join(at, 'secrets', path), CONTENT[key] ?? '', { mode: 0o400 });
  const env = (container.env ?? []).map(({ name, value, valueFrom }): [string, string] => [
    name,
    value === undefined ? (CONTENT[valueFrom?.secretKeyRef.key ?? ''] ?? '') : here(value),
  ]);
  return { args: container.args.map(here), env: Object.fromEntries(env), container };
}

/** Sets of values, each with the roles that it starts. */
const VALUES: readonly [string, readonly string[], unknown][] = [
  ['no more than a token', ['serve', 'consume', 'migrations'], { secrets: TOKEN }],
  [
    'all there is',
    ['serve', 'consume', 'produce', 'migrations'],
    {
      config: {
        kafka: {
          brokers: ['one:9093', 'two:9093'],
          replicationFactor: 3,
          tls: { enabled: true },
          sasl: { mechanism: 'SCRAM-SHA-512', username: 'orders' },
        },
        redis: { url: 'rediss://redis:6380/0' },
        consumer: { maxBufferedBytes: 33_554_432, fetchWaitMs: 500 },
        server: { allowedHosts: ['orders.example'] },
        shutdownTimeoutMs: 20_000,
      },
      secrets: {
        ...TOKEN,
        'postgresql.url': { secret: 'database', key: 'uri' },
        'kafka.tls.ca': { configMap: 'kafka-ca', key: 'ca.crt' },
        'kafka.sasl.passwordFile': { secret: 'kafka', key: 'password' },
        'server.tls.certificate': { secret: 'server', key: 'tls.crt' },
        'server.tls.key': { secret: 'server', key: 'tls.key' },
      },
      produce: { enabled: true },
      serve: { autoscaling: { enabled: true } },
      serviceMonitor: {
        enabled: true,
        labels: { release: 'prometheus' },
        tlsConfig: { ca: { secret: { name: 'server', key: 'ca.crt' } } },
      },
      networkPolicy: { enabled: true, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
      podSpec: {
        nodeSelector: { pool: 'orders' },
        imagePullSecrets: [{ name: 'registry' }],
        securityContext: { runAsUser: 7, supplementalGroups: [4] },
        topologySpreadConstraints: [],
      },
      podAnnotations: { note: 'one' },
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
      extraVolumes: [{ name: 'more', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
    },
  ],
  [
    'only the consumer',
    ['consume'],
    { config: { server: { openReads: true } }, serve: { enabled: false }, migrations: { job: false } },
  ],
];

describe.skipIf(!existsSync(HELM))(`the Helm chart${WITHOUT_HELM}`, () => {
  test('is linted, and its versions are those of the service', () => {
    const { code, output } = helm('lint', '--strict', CHART, '--values', valuesFile({ secrets: TOKEN }));
    expect(code === 0 ? '' : output).toBe('');
    const versions = readFileSync(join(CHART, 'Chart.yaml'), 'utf8').match(/(?<=ersion: )[\d.]+$/gm);
    expect(versions).toEqual([pkg.version, pkg.version]);
  });

  test('its schema has the settings as they are: make chart', () => {
    expect(JSON.parse(readFileSync(CHART_SCHEMA, 'utf8'))).toEqual(chartSchemaNow());
  });

  describe.each(VALUES)('with %s', (_, roles, values) => {
    test.each(KUBERNETES)('is valid for Kubernetes %s', (version) => {
      const file = join(folder.path, 'manifests.yaml');
      writeFileSync(file, render(values, version).text);
      const { status, stdout, stderr } = spawnSync(VALIDATE, ['--strict', '--quiet', '-k', version, file], {
        encoding: 'utf8',
      });
      // There is no schema of what an operator has brought in.
      const said = (stdout + stderr).split('\n').filter((line) => line !== '' && !line.includes('ServiceMonitor'));
      expect({ status, said }).toEqual({ status: 0, said: [] });
    });

    test('its settings are those of the service, whatever the role', () => {
      const { manifests } = render(values);
      for (const role of roles) {
        const { args, env } = podOf(role, manifests, join(folder.path, role));
        const config = loadConfig({ file: args.at(-1), env });
        expect(config.engines).toBe('off');
      }
    });
  });

  test.each([
    ['a setting that is none', { config: { kafka: { topics: 'orders' } } }, 'topics'],
    ['a secret among the settings', { config: { server: { token: 'x' } } }, 'token'],
    ['a password in a URL', { config: { postgresql: { url: 'postgres://a:b@c/d' } } }, 'url'],
    ['no token', { secrets: {} }, 'the service needs a token'],
    ['a field of the pods that is the chart’s', { podSpec: { containers: [] } }, 'podSpec'],
    ['no port to answer probes on', { config: { ops: { port: 0 } } }, 'config.ops.port'],
    ['nothing in place of a section', { consume: null }, 'consume is required'],
  ])('refuses %s', (_, values, said) => {
    const { code, output } = helm(
      'template',
      'shop',
      CHART,
      '--kube-version',
      '1.30.0',
      '--values',
      valuesFile({ secrets: TOKEN, ...values }),
    );
    expect(code).not.toBe(0);
    expect(output).toContain(said);
  });

  test('gives each role only the secrets it needs', () => {
    const all = ['server.tokenFile', 'postgresql.passwordFile', 'kafka.sasl.passwordFile', 'redis.passwordFile'];
    const secrets = {
      ...Object.fromEntries(all.map((one) => [one, { secret: 'all', key: 'password' }])),
      'server.tls.key': { secret: 'server', key: 'tls.key' },
    };
    const { text, manifests } = render({
      // All roles have these settings, and one has the key.
      config: {
        kafka: { sasl: { mechanism: 'PLAIN', username: 'orders' } },
        server: { tls: { certificate: CONTENT['tls.crt'] } },
      },
      secrets,
      produce: { enabled: true },
      serviceMonitor: { enabled: true },
    });
    const of = (role: string): string[] => {
      const { args, env } = podOf(role, manifests, join(folder.path, `of-${role}`));
      loadConfig({ file: args.at(-1), env });
      return Object.entries(env).flatMap(([name, value]) => (value === '' ? [] : [name.replace('TEST_SERVICE_', '')]));
    };
    const [kafka, postgresql, redis] = ['KAFKA_SASL_PASSWORD_FILE', 'POSTGRESQL_PASSWORD_FILE', 'REDIS_PASSWORD_FILE'];
    expect(of('serve')).toEqual([kafka, postgresql, redis, 'SERVER_TLS_KEY', 'SERVER_TOKEN_FILE']);
    expect(of('consume')).toEqual([kafka, postgresql, redis, 'SERVER_TOKEN_FILE']);
    expect(of('produce')).toEqual([kafka, 'SERVER_TOKEN_FILE']);
    expect(of('migrations')).toEqual([postgresql]);
    expect(text.match(/serverName: .*/g)).toEqual(['serverName: shop-test-service.orders.svc']);
  });

  test('what is given of the pods wins, field by field', () => {
    const { text } = render({ secrets: TOKEN, podSpec: { securityContext: { runAsUser: null, fsGroup: 7 } } });
    for (const line of ['runAsUser: null', 'fsGroup: 7', 'runAsNonRoot: true', 'topologySpreadConstraints:'])
      expect(text).toContain(line);
  });

  test('its pods start, answer their probes, and stop in their time', async () => {
    const place = await AppPlace.onTestEngines();
    const [port = 0, opsPort = 0] = await freePorts(2);
    try {
      const { broker, redisUrl, postgresqlUrl } = place.engines;
      CONTENT['uri'] = postgresqlUrl;
      const { topic, deadLetterTopic, group } = place;
      const { manifests } = render({
        config: {
          server: { port },
          ops: { port: opsPort },
          kafka: { brokers: [broker], topic, deadLetterTopic, group },
          redis: { url: redisUrl },
        },
        secrets: { ...TOKEN, 'postgresql.url': { secret: 'database', key: 'uri' } },
      });
      const start = (role: string) => {
        const { args, env, container } = podOf(role, manifests, join(folder.path, `pod-${role}`));
        return { app: startApp(args, { env, cwd: folder.path }), probe: container.readinessProbe?.httpGet.path ?? '' };
      };
      expect(await start('migrations').app.exited).toMatchObject({ code: 0 });
      const pods = [
        { ...start('serve'), port },
        { ...start('consume'), port: opsPort },
      ];
      for (const { app, probe, port: at } of pods) {
        // A kubelet asks by the pod's address.
        const ready = async () => (await fetch(`http://127.0.0.1:${at}${probe}`).catch(() => undefined))?.ok === true;
        await until(ready, 120_000, 50).catch((cause: unknown) => {
          throw new Error(app.stderr, { cause });
        });
      }
      const named = { host: 'shop-test-service.orders.svc', authorization: `Bearer ${CONTENT['token']}` };
      expect((await fetch(`http://127.0.0.1:${port}/api/v1/orders`, { headers: named })).status).toBe(200);
      for (const { app } of pods) expect(await app.stop()).toMatchObject({ code: 0 });
    } finally {
      await killRunning();
      await place.remove();
    }
  });
});

describe('the systemd unit', () => {
  /** The unit as it would be where the executable is installed. */
  function installed(): string {
    const file = join(folder.path, 'test-service@.service');
    writeFileSync(file, readFileSync(UNIT, 'utf8').replace('/usr/local/bin/test-service', process.execPath));
    return file;
  }
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });

  test('is valid', () => {
    const { status, stderr } = analyze('verify', installed());
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('leaves the service little that it could do harm with', () => {
    const { stdout } = analyze('security', '--offline=true', '--no-pager', installed());
    const [, exposure] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThan(2);
  });
});
