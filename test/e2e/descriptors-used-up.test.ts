import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { useAppPlaces } from '../helpers/app-places.ts';
import { startProgram } from '../helpers/app-process.ts';
import { until } from '../helpers/until.ts';

setDefaultTimeout(240_000);

const START_MS = 120_000;
const MAIN = join(import.meta.dirname, '../../src/cmd/app/main.ts');
/** More than the service needs by itself, and fewer than the clients there are. */
const DESCRIPTORS = 160;

const clients = new Set<Socket>();
/** Clients that are sent away come back. */
let crowding = false;
const newPlace = useAppPlaces();

afterEach(() => {
  crowding = false;
  for (const client of clients) client.destroy();
});

test('clients use up all file descriptors: orders are stored all the same, and the log stays a log', async () => {
  const place = await newPlace();
  const env = { ...place.env, TEST_SERVICE_PRODUCER_RATE: '50' };
  const limited = `ulimit -n ${DESCRIPTORS} && exec "$0" "$@"`;
  const app = startProgram(['/bin/sh', '-c', limited, process.execPath, MAIN, 'run', '--json'], { env });
  await app.untilUp(START_MS);
  await until(async () => (await place.consumed()) > 0, START_MS);

  // Each sends the start of a request and no more, so that it is kept for a while.
  const { port, hostname } = new URL(place.url);
  crowding = true;
  const crowd = (): void => {
    const client = connect(Number(port), hostname);
    client.on('error', () => {});
    client.on('connect', () => client.write('GET /healthz HTTP/1.1\r\n'));
    client.on('close', () => {
      clients.delete(client);
      if (crowding) crowd();
    });
    clients.add(client);
  };
  for (let at = 0; at < 3 * DESCRIPTORS; at++) crowd();
  const refused = async (): Promise<boolean> => {
    const signal = AbortSignal.timeout(500);
    // On a connection of its own: one that was there before would be served.
    return await fetch(`${place.url}/healthz`, { signal, keepalive: false }).then(
      () => false,
      () => true,
    );
  };
  await until(refused, START_MS);
  const before = await place.consumed();
  await until(async () => (await place.consumed()) > before + 100, START_MS, 100);

  crowding = false;
  for (const client of clients) client.destroy();
  await until(async () => (await fetch(`${place.url}/readyz`)).status === 200, START_MS, 100);
  expect(await app.stop()).toMatchObject({ code: 0 });
  for (const line of app.stderr.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  expect(app.stderr).not.toContain('\\n    at ');
});
