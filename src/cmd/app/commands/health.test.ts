import { expect, onTestFinished, test } from 'bun:test';
import { askHere } from './health.ts';

function listen(status: number): string {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(`${status}`, { status }) });
  onTestFinished(() => server.stop(true));
  return server.url.origin;
}

test('a process of this machine is asked itself, whatever proxy the environment names', async () => {
  const [service, proxy] = [listen(200), listen(403)];
  const names = ['http_proxy', 'HTTP_PROXY'] as const;
  const before = names.map((name) => process.env[name]);
  onTestFinished(() => {
    for (const [at, name] of names.entries())
      if (before[at] === undefined) delete process.env[name];
      else process.env[name] = before[at];
  });
  for (const name of names) process.env[name] = proxy;
  expect(await askHere(service, 2_000)).toEqual({ status: 200, body: '200' });
  await expect(askHere('http://127.0.0.1:1', 2_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a process that is silent does not hold up who asks', async () => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Promise<Response>(() => {}) });
  onTestFinished(() => server.stop(true));
  await expect(askHere(server.url.origin, 50)).rejects.toThrow();
});
