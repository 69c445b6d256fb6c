import { afterAll, beforeEach, expect, test } from 'bun:test';
import { until } from '../../test/helpers/until.ts';
import { TokenSource } from './token-source.ts';

const asked: { authorization: string | null; form: Record<string, string> }[] = [];
let respond: () => Response;
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: async (request) => {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    asked.push({ authorization: request.headers.get('authorization'), form });
    return respond();
  },
});
afterAll(() => server.stop(true));

const granted = (expires_in: unknown) => (): Response =>
  Response.json({ access_token: `token ${asked.length}`, token_type: 'Bearer', expires_in });

function source(tokenUrl = server.url.href, now?: () => number): TokenSource {
  const client = { clientId: 'id: 1', clientSecret: 's%ü', scope: 'a b' };
  return new TokenSource({ tokenUrl, ...client }, '', now);
}

beforeEach(() => {
  asked.length = 0;
});

test('a token is asked for once, with the credentials as RFC 6749 wants them', async () => {
  respond = granted(60);
  const tokens = source();
  expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(['token 1', 'token 1']);
  expect(await tokens.get()).toBe('token 1');
  const authorization = `Basic ${btoa('id%3A+1:s%25%C3%BC')}`;
  expect(asked).toEqual([{ authorization, form: { grant_type: 'client_credentials', scope: 'a b' } }]);
});

test.each([100, '100'])(
  'a token that ages (%p) is used until there is another, also while the server is away',
  async (life) => {
    respond = granted(life);
    let now = 0;
    const tokens = source(server.url.href, () => now);
    expect(await tokens.get()).toBe('token 1');
    respond = () => new Response('restarting', { status: 503 });
    now = 60_000;
    expect(await tokens.get()).toBe('token 1');
    await until(() => asked.length === 2, 60_000, 5);
    respond = granted(100);
    await until(async () => (await tokens.get()) !== 'token 1', 60_000, 5);
    respond = () => new Response('gone', { status: 503 });
    now = 200_000;
    await expect(tokens.get()).rejects.toMatchObject({ code: 'kafka_unavailable' });
  },
);

test('what the server refuses needs a person, and what it does not answer may pass', async () => {
  respond = () => Response.json({ error: 'invalid_client', error_description: 'unknown' }, { status: 401 });
  await expect(source().get()).rejects.toMatchObject({
    code: 'kafka_refuses',
    message:
      'the server of kafka.sasl.tokenUrl gives no token (invalid_client, unknown): ' +
      'check kafka.sasl.clientId, clientSecret and scope',
  });
  const passing = [500, 429, 408].map((status) => () => Response.json({ error: 'busy' }, { status }));
  for (const answer of [...passing, () => Response.json({}), () => new Response('{')]) {
    respond = answer;
    await expect(source().get()).rejects.toMatchObject({ code: 'kafka_unavailable', retryable: true });
  }
  await expect(source('http://127.0.0.1:1/').get()).rejects.toMatchObject({ code: 'kafka_unavailable' });
});
