import { BlockList, isIP } from 'node:net';

/** What stands between the clients and this server. */
export interface ProxyOptions {
  /** Path the service has for its clients, without a slash at the end: `/orders-demo`; empty for a host of its own. */
  readonly basePath?: string;
  /** Addresses, or ranges of them (CIDR), whose headers about the client are trusted. */
  readonly trustedProxies?: readonly string[];
}

/** A request as its client sent it, before any proxy. */
export interface Arrived {
  readonly request: Request;
  /** Address of the client. */
  readonly client: string;
}

/** What a proxy says about the client's request; undefined where it says nothing. */
interface Forwarded {
  /** Nearest last. */
  readonly clients: readonly string[];
  readonly host: string | undefined;
  readonly proto: string | undefined;
  readonly prefix: string | undefined;
}

/** Past `http://`, the first slash begins the path. */
const PAST_SCHEME = 8;
const NOTHING: Forwarded = { clients: [], host: undefined, proto: undefined, prefix: undefined };
const PREFIX = /^(\/[A-Za-z0-9._~-]{1,64}){0,8}$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;

const bases = new WeakMap<Request, string>();

/** The prefix of all paths as the client sees them, for links: empty, or `/orders-demo`. */
export function basePathOf(request: object): string {
  return request instanceof Request ? (bases.get(request) ?? '') : '';
}

/** Sets what `basePathOf` gives for a request. */
export function withBasePath(request: Request, base: string): Request {
  if (base !== '' && PREFIX.test(base)) bases.set(request, base);
  return request;
}

const clients = new WeakMap<Request, string>();

/** Address of the client that sent a request; empty where nobody has asked for it. */
export function clientOf(request: Request): string {
  return clients.get(request) ?? '';
}

/** Sets what `clientOf` gives for a request. */
export function withClient(request: Request, client: string): Request {
  clients.set(request, client);
  return request;
}

/**
 * Restores what a proxy has changed: host and scheme (X-Forwarded-Host, X-Forwarded-Proto), the client's address
 * (X-Forwarded-For) and the path before the part that was cut off (X-Forwarded-Prefix); Forwarded (RFC 7239) where none
 * of those is there. Only trusted addresses are believed. The base path is taken off; it may be missing, as behind a
 * proxy that does that. A request for it without its slash is answered with the address to go to. Undefined when there
 * is nothing to restore.
 */
export function behindProxy({
  basePath = '',
  trustedProxies = [],
}: ProxyOptions): ((raw: Request, peer: string) => Arrived | Response) | undefined {
  if (basePath === '' && trustedProxies.length === 0) return undefined;
  const isTrusted = addressMatcher(trustedProxies);
  return (raw, peer) => {
    const said = isTrusted(peer) ? forwardedBy(raw.headers) : NOTHING;
    const client = said.clients.findLast((one) => !isTrusted(one)) ?? said.clients[0] ?? peer;
    const base = said.prefix ?? basePath;
    const at = raw.url.indexOf('/', PAST_SCHEME);
    const origin = at === -1 ? raw.url : raw.url.slice(0, at);
    const given = at === -1 ? '/' : raw.url.slice(at);
    if (base !== '' && (given === base || given.startsWith(`${base}?`)))
      return new Response(null, { status: 308, headers: { location: given.replace(base, `${base}/`) } });
    const path = base !== '' && given.startsWith(`${base}/`) ? given.slice(base.length) : given;
    if (said.host === undefined && said.proto === undefined && path === given)
      return { request: withBasePath(raw, base), client };
    const { host } = said;
    const scheme = said.proto ?? origin.slice(0, origin.indexOf(':'));
    const url =
      host === undefined && said.proto === undefined
        ? origin
        : `${scheme}://${host ?? validHost(hostOf(raw)) ?? 'localhost'}`;
    const request = new Request(url + path, raw);
    // A browser's Origin has no port if it is the scheme's default.
    if (host !== undefined) request.headers.set('host', new URL(url).host);
    return { request: withBasePath(request, base), client };
  };
}

/** Whether an address is one of these, or in one of these ranges. @throws RangeError, TypeError for what is neither */
function addressMatcher(trusted: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const one of trusted) {
    const [address = '', bits] = one.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    // An IPv4 address on a socket of both kinds.
    const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '');
    return isIP(plain) !== 0 && list.check(plain, familyOf(plain));
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/**
 * Reads only one kind of headers: the other may be the client's own, passed through by a proxy that does not know it.
 */
function forwardedBy(headers: Headers): Forwarded {
  const last = (name: string): string | undefined => headers.get(name)?.split(',').at(-1)?.trim();
  const clients = headers.get('x-forwarded-for');
  const host = validHost(last('x-forwarded-host'));
  const proto = valid(last('x-forwarded-proto'), /^https?$/);
  const prefix = valid(last('x-forwarded-prefix')?.replace(/\/$/, ''), PREFIX);
  if (clients !== null || host !== undefined || proto !== undefined || prefix !== undefined)
    return { clients: addressesIn(clients?.split(',') ?? []), host, proto, prefix };
  const elements = (headers.get('forwarded') ?? '').split(',');
  const value = (element: string, name: string): string | undefined =>
    new RegExp(`(?:^|;)\\s*${name}="?([^";,]*)"?`, 'i').exec(element)?.[1];
  const nearest = elements.at(-1) ?? '';
  return {
    clients: addressesIn(elements.map((one) => value(one, 'for') ?? '')),
    host: validHost(value(nearest, 'host')),
    proto: valid(value(nearest, 'proto'), /^https?$/),
    prefix: undefined,
  };
}

function valid(text: string | undefined, pattern: RegExp): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined;
}

/** Text that looks like a host may be invalid, such as `999.1.1.1` or a port of 70000. */
function validHost(text: string | undefined): string | undefined {
  const host = valid(text, HOST);
  return host !== undefined && URL.canParse(`http://${host}`) ? host : undefined;
}

/** `203.0.113.7:4711`, `[2001:db8::1]:80` → the address alone; invalid ones are left out. */
function addressesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const given = text.trim();
    const address = /^\[(.+)\](?::\d+)?$/.exec(given)?.[1] ?? given.replace(/^([\d.]+):\d+$/, '$1');
    return isIP(address) === 0 ? [] : [address];
  });
}

/** `http://localhost:8001/healthz?x` → `/healthz`, also of an address that is only a path. */
export function pathOf(url: string): string {
  return /^(?:\w+:\/\/[^/?]*)?([^?]*)/.exec(url)?.[1] ?? '';
}

/** The host a request names, with its port. */
export function hostOf(raw: Request): string {
  return raw.headers.get('host') ?? new URL(raw.url).host;
}
