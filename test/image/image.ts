/** `make test-image`: builds the image and runs it without rights; says why where no container can be run. */
import { afterAll, expect, test } from 'bun:test';
import pkg from '../../package.json' with { type: 'json' };
import { AppPlace } from '../helpers/app-place.ts';
import { until } from '../helpers/until.ts';
import { ContainerEngine } from './engine.ts';

const IMAGE = `test-service:${pkg.version}`;
const MOST_BYTES = 160_000_000;
const WITHOUT_RIGHTS = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

const engine = new ContainerEngine();
const obstacle = await engine.start();
if (obstacle !== undefined) process.stdout.write(`the image is not tested: ${obstacle}\n`);

afterAll(() => engine.close());

function docker(...args: string[]): string {
  const { code, stdout, stderr } = engine.docker(...args);
  if (code !== 0) throw new Error(`docker ${args[0]} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

test.skipIf(obstacle !== undefined)(
  'the image is small, and does everything without rights',
  async () => {
    docker('build', '--network', 'host', '--tag', IMAGE, '.');
    const [image] = JSON.parse(docker('image', 'inspect', IMAGE));
    process.stdout.write(`${IMAGE} has ${(image.Size / 1e6).toFixed(1)} MB\n`);
    expect(image.Size).toBeLessThan(MOST_BYTES);
    expect(image.Config).toMatchObject({
      User: '10001:10001',
      Entrypoint: ['test-service'],
      Labels: { 'org.opencontainers.image.version': pkg.version },
    });
    expect(docker('run', '--rm', IMAGE, '--version')).toBe(pkg.version);

    const place = await AppPlace.onTestEngines();
    const env = {
      ...place.env,
      TEST_SERVICE_KAFKA_BROKERS: place.engines.broker.replace('127.0.0.1', 'localhost'),
      TEST_SERVICE_SERVER_HOST: '127.0.0.1',
      TEST_SERVICE_SERVER_PROCESSES: '2',
    };
    const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const name = `test-service-${place.id}`;
    const state = (field: string) => docker('inspect', '--format', `{{.State.${field}}}`, name);
    const stored = (orders: number) =>
      until(async () => (await place.orders()) >= orders, 120_000).catch((cause: unknown) => {
        throw new Error(`it has said so far:\n${engine.docker('logs', name).stderr}`, { cause });
      });
    try {
      const checks = ['--health-interval', '1s', '--health-start-period', '0s'];
      docker('run', '--detach', '--name', name, '--network', 'host', ...WITHOUT_RIGHTS, ...checks, ...variables, IMAGE);
      await stored(20);
      await until(() => state('Health.Status') === 'healthy', 60_000);
      expect(await (await fetch(place.url)).text()).toContain('<div id="app">');
      docker('kill', '--signal', 'KILL', name);
      await until(() => state('Running') === 'false');
      docker('start', name);
      await stored((await place.orders()) + 20);
      expect(docker('exec', name, 'test-service', 'verify', '--wait', '60')).toContain('OK: produced ');
      docker('stop', '-t', '20', name);
      expect({ code: state('ExitCode'), log: engine.docker('logs', name).stderr }).toEqual({
        code: '0',
        log: expect.stringContaining('"stopping"'),
      });
    } finally {
      engine.docker('rm', '--force', name);
      await place.remove();
    }
  },
  1_800_000,
);
