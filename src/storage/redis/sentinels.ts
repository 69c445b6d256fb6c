import { createClient, ErrorReply } from 'redis';
import { formatAddress, parseAddress } from '../../lib/address.ts';
import type { RedisUrl } from '../../lib/connection-url.ts';
import { heardWithin } from '../../lib/deadline.ts';
import { CacheUnusable } from '../cache-trouble.ts';
import { causeOf, clientOptions, type NodeTarget, type RedisAccess } from './node.ts';

/** A server that Sentinels name as the primary. */
export interface NamedPrimary {
  readonly target: NodeTarget;
  /** Of the configuration that names it: each failover has a higher one. 0 where no Sentinel tells. */
  readonly epoch: number;
  /** More than half of all Sentinels name it. */
  readonly agreed: boolean;
}

/** What one Sentinel says. */
interface Answer {
  /** host:port of the primary. */
  readonly named: string;
  readonly epoch: number;
}

/** The Sentinels of one URL, with a connection to each, which stays open until `close`. */
export class Sentinels {
  readonly #access: RedisAccess;
  readonly #all: readonly Sentinel[];

  constructor(access: RedisAccess, urls: readonly RedisUrl[]) {
    this.#access = access;
    this.#all = urls.map((url) => new Sentinel(access, url));
  }

  /**
   * Asks all of them at once for the primary, and waits no longer than until most of them agree.
   * @returns the servers they name: first that of the newest configuration, as a Sentinel that has missed a failover
   *   names the primary before it; of the same one, that which most of them name
   * @throws CacheUnusable when none of them names one
   * @see https://redis.io/docs/latest/develop/reference/sentinel-clients/
   */
  async primaries(): Promise<NamedPrimary[]> {
    const answers = new Map<string, Answer[]>();
    const failures: unknown[] = [];
    const { promise: agreed, resolve } = Promise.withResolvers<void>();
    const isMost = (count: number): boolean => count > this.#all.length / 2;
    const asked = this.#all.map(async (sentinel) => {
      try {
        const answer = await sentinel.ask();
        const alike = [...(answers.get(answer.named) ?? []), answer];
        answers.set(answer.named, alike);
        if (isMost(alike.length)) resolve();
      } catch (error) {
        failures.push(error);
      }
    });
    await Promise.race([agreed, Promise.all(asked)]);
    const [first] = this.#all;
    if (first === undefined || answers.size === 0) throw failures.find(tellsMore) ?? failures[0];
    const { url } = first;
    return [...answers]
      .map(([named, alike]) => ({ named, votes: alike.length, epoch: Math.max(...alike.map(({ epoch }) => epoch)) }))
      .sort((one, other) => other.epoch - one.epoch || other.votes - one.votes)
      .map(({ named, votes, epoch }) => {
        const address = parseAddress(named, 'the primary');
        const target: NodeTarget = { access: this.#access, url, address, user: url.user, role: 'named' };
        return { target, epoch, agreed: isMost(votes) };
      });
  }

  /** Ends all connections; idempotent. */
  close(): void {
    for (const sentinel of this.#all) sentinel.close();
  }
}

class Sentinel {
  readonly url: RedisUrl;
  readonly #target: NodeTarget;
  #client: ReturnType<typeof clientTo> | undefined;
  #asking: Promise<Answer> | undefined;
  #closed = false;

  constructor(access: RedisAccess, url: RedisUrl) {
    this.url = url;
    const [address] = url.addresses;
    this.#target = { access, url, address, user: access.sentinel?.username ?? '', role: 'sentinel' };
  }

  /** One question at a time, shared. @throws CacheUnusable */
  ask(): Promise<Answer> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #ask(): Promise<Answer> {
    const where = formatAddress(this.#target.address);
    const name = this.url.primary ?? '';
    try {
      const [place, state] = await heardWithin(this.#target.access.connectTimeoutMs, this.#query(name));
      if (Array.isArray(place)) {
        const named = formatAddress({ host: String(place[0]), port: Number(place[1]) });
        const epoch = Array.isArray(state) ? Number(state[state.indexOf('config-epoch') + 1]) : 0;
        return { named, epoch: Number.isSafeInteger(epoch) ? epoch : 0 };
      }
      const advice = 'check the name in redis.url, after the addresses';
      throw new CacheUnusable('refused', `the Sentinel at ${where} knows no primary ${name}`, { advice });
    } catch (error) {
      this.#drop();
      if (!(error instanceof ErrorReply && /unknown command/i.test(error.message)))
        throw await causeOf(error, this.#target);
      const advice = 'name the Sentinels in redis.url (their port is 26379 by default), or write redis://';
      throw new CacheUnusable('refused', `a Redis listens at ${where}, not a Sentinel`, { advice, cause: error });
    }
  }

  /** The primary's address, and its state where our user may see it. */
  async #query(name: string): Promise<[unknown, unknown]> {
    if (this.#client?.isReady !== true) {
      this.#drop();
      this.#client = clientTo(this.#target);
      await this.#client.connect();
    }
    const client = this.#client;
    if (this.#closed) this.#drop();
    return await Promise.all([
      client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]),
      client.sendCommand(['SENTINEL', 'MASTER', name]).catch(() => undefined),
    ]);
  }

  #drop(): void {
    if (this.#client?.isOpen === true) this.#client.destroy();
    this.#client = undefined;
  }
}

/** In RESP2: Sentinels before 6.2 know no other. */
function clientTo(target: NodeTarget) {
  const client = createClient({ ...clientOptions(target), RESP: 2 });
  client.on('error', () => {});
  return client;
}

function tellsMore(failure: unknown): boolean {
  return failure instanceof CacheUnusable && failure.trouble !== 'unreachable';
}
