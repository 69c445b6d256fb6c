import { describe, expect, test } from 'bun:test';
import { type Arrived, basePathOf, behindProxy, type ProxyOptions } from './proxy.ts';

const TRUSTING = { trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'] };

/** Host, path, base path and client of a request as the application sees it. */
function seen(options: ProxyOptions, url: string, headers: Record<string, string>, peer = '127.0.0.1') {
  const arrived = arrive(options, url, headers, peer);
  if (arrived instanceof Response) throw new Error('it was answered');
  const { request, client } = arrived;
  const { origin, pathname, search } = new URL(request.url);
  const host = request.headers.get('host');
  return { origin, host, path: pathname + search, base: basePathOf(request), client };
}

function arrive(
  options: ProxyOptions,
  url: string,
  headers: Record<string, string>,
  peer = '127.0.0.1',
): Arrived | Response {
  const edge = behindProxy(options);
  if (edge === undefined) throw new Error('nothing to do');
  return edge(new Request(url, { headers: { host: new URL(url).host, ...headers } }), peer);
}

const FORWARDED = {
  'x-forwarded-host': 'orders.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-prefix': '/demo',
};

describe('what a proxy says', () => {
  test('is believed of a trusted address', () => {
    expect(seen(TRUSTING, 'http://127.0.0.1:8001/orders?a=1', FORWARDED)).toEqual({
      origin: 'https://orders.example',
      host: 'orders.example',
      path: '/orders?a=1',
      base: '/demo',
      client: '203.0.113.7',
    });
    for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::9'])
      expect(seen(TRUSTING, 'http://h/', FORWARDED, peer).host).toBe('orders.example');
  });

  test('is not believed of any other', () => {
    for (const peer of ['192.0.2.1', '11.0.0.1', '::1', '']) {
      const { host, base, client } = seen(TRUSTING, 'http://127.0.0.1:8001/', FORWARDED, peer);
      expect({ host, base, client }).toEqual({ host: '127.0.0.1:8001', base: '', client: peer });
    }
  });

  test('a client that adds addresses of its own is still the one the nearest untrusted address names', () => {
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7, 10.0.0.2' };
    expect(seen(TRUSTING, 'http://h/', headers).client).toBe('203.0.113.7');
    expect(seen(TRUSTING, 'http://h/', { 'x-forwarded-for': 'nonsense' }).client).toBe('127.0.0.1');
  });

  test('the client’s own Forwarded does not count beside X-Forwarded headers', () => {
    const headers = { ...FORWARDED, forwarded: 'host=evil.example;for=198.51.100.1' };
    expect(seen(TRUSTING, 'http://h/', headers)).toMatchObject({
      host: 'orders.example',
      client: '203.0.113.7',
    });
  });

  test('Forwarded (RFC 7239) alone does', () => {
    const forwarded = 'for=198.51.100.1, for="[2001:db9::7]:4711";proto=https;host="orders.example"';
    expect(seen(TRUSTING, 'http://h/', { forwarded })).toMatchObject({
      origin: 'https://orders.example',
      client: '2001:db9::7',
    });
  });

  test('what is no host, scheme or path is left out', () => {
    const headers = {
      'x-forwarded-host': 'a/b@c',
      'x-forwarded-proto': 'javascript',
      'x-forwarded-prefix': '//evil.example"><script>',
    };
    expect(seen(TRUSTING, 'http://h/x', headers)).toMatchObject({ origin: 'http://h', host: 'h', base: '' });
    for (const host of ['999.1.1.1', 'orders.example:70000', '[::g]'])
      expect(seen(TRUSTING, 'http://h/x', { 'x-forwarded-host': host }).host).toBe('h');
  });

  test('a Host that is not a name does not break a request for which it is kept', () => {
    const headers = { host: 'a b', 'x-forwarded-proto': 'https' };
    expect(seen(TRUSTING, 'http://h/x', headers)).toMatchObject({ origin: 'https://localhost', path: '/x' });
  });

  test('a port that is the scheme’s own is none, as in an Origin', () => {
    const headers = { 'x-forwarded-host': 'orders.example:443', 'x-forwarded-proto': 'https' };
    expect(seen(TRUSTING, 'http://h/', headers).host).toBe('orders.example');
  });
});

describe('a base path', () => {
  const based = { basePath: '/demo' };

  test('is taken off, where it is there', () => {
    expect(seen(based, 'http://h/demo/orders/a?b=1', {})).toMatchObject({
      path: '/orders/a?b=1',
      base: '/demo',
    });
    expect(seen(based, 'http://h/orders/a', {})).toMatchObject({ path: '/orders/a', base: '/demo' });
    expect(seen(based, 'http://h/demolition', {}).path).toBe('/demolition');
  });

  test('without its slash leads to the page', () => {
    const answer = arrive(based, 'http://h/demo?x=1', {});
    expect(answer).toBeInstanceOf(Response);
    if (answer instanceof Response)
      expect([answer.status, answer.headers.get('location')]).toEqual([308, '/demo/?x=1']);
  });

  test('the body and the signal of a request come through', async () => {
    const stop = new AbortController();
    const raw = new Request('http://h/demo/x', { method: 'POST', body: 'abc', signal: stop.signal });
    const arrived = behindProxy(based)?.(raw, '');
    if (arrived === undefined || arrived instanceof Response) throw new Error('it did not arrive');
    stop.abort();
    expect(arrived.request.signal.aborted).toBe(true);
    expect(await arrived.request.text()).toBe('abc');
  });
});

test('without either there is nothing to do', () => {
  expect(behindProxy({})).toBeUndefined();
});
