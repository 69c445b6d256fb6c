import { randomUUID } from 'node:crypto';
import type { ReaderSettings, ReadOutcome, ReadVersion } from '../contract/reader.ts';
import { Backoff } from '../lib/backoff.ts';
import { Arrivals } from './arrivals.ts';
import { HttpConnection, ReadError, type ReadTarget } from './http-connection.ts';
import type { HttpAnswer } from './http-response.ts';
import { type KnownOrder, KnownOrders } from './known-orders.ts';
import { pageOf, tierOf, versionOf } from './read-answers.ts';
import { ReadTally } from './read-tally.ts';
import { isNews, olderThan } from './staleness.ts';

export interface ReaderLoadOptions {
  readonly target: ReadTarget;
  readonly settings: ReaderSettings;
  /** Most orders to choose from, and to remember. */
  readonly maxKnown: number;
  /** Age from which on the service deletes orders, ms; 0: never. */
  readonly retentionMs: number;
  readonly tally?: ReadTally;
  /** 0 ≤ random() < 1. */
  readonly random?: () => number;
}

/** A request waits so long for a free connection, and then as long for its answer. */
const PATIENCE_MS = 10_000;
const SWEEP_MS = 250;
const REST = { minMs: 100, maxMs: 2_000 };
/** As many requests, but at least as much time, pass between two lists that readers learn from. */
const LIST_EVERY = { requests: 20, ms: 1_000 };
/** While there is more to learn. */
const LEARN_EVERY_MS = 100;
/** Orders of a page that a person opens, and of one to learn from. */
const PAGE = 20;
const LONG_PAGE = 200;
const MOST_REPEATS = 20_000;

type Request =
  | { readonly kind: 'lookup'; readonly path: string; readonly order: KnownOrder; readonly tag?: string | undefined }
  | { readonly kind: 'absent'; readonly path: string }
  | { readonly kind: 'list'; readonly path: string; readonly older: boolean };

/**
 * Simulated clients: sends requests on schedule, whatever becomes of the answers, and checks that no answer is older
 * than what could be read before. Nothing it holds grows with time: connections, orders and findings are bounded, and
 * requests that are due and have no connection yet are a number.
 */
export class ReaderLoad {
  readonly tally: ReadTally;
  readonly #options: ReaderLoadOptions;
  readonly #random: () => number;
  readonly #known: KnownOrders;
  readonly #backoff = new Backoff(REST);
  /** The one that was used last is used first. */
  readonly #idle: HttpConnection[] = [];
  readonly #busy = new Set<HttpConnection>();
  /** Orders to be read again, in the order they may be. */
  #repeats: { readonly uid: string; readonly from: number }[] = [];
  #settings: ReaderSettings;
  #arrivals: Arrivals;
  #opened = 0;
  #timer: Timer | undefined;
  #sweep: Timer | undefined;
  #listAskedAt = Number.NEGATIVE_INFINITY;
  #older: string | undefined;
  #onEmpty: (() => void) | undefined;
  /** Nothing that is due later is sent. */
  #endsAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: ReaderLoadOptions) {
    this.#options = options;
    this.tally = options.tally ?? new ReadTally();
    this.#random = options.random ?? Math.random;
    this.#known = new KnownOrders(options.maxKnown);
    this.#settings = options.settings;
    this.#arrivals = new Arrivals(options.settings.rate, performance.now());
  }

  get knownOrders(): number {
    return this.#known.size;
  }

  /** How long the oldest request that has no connection yet has been due, ms. */
  get lateMs(): number {
    return Math.max(0, Math.min(performance.now(), this.#endsAt) - this.#arrivals.next);
  }

  start(): void {
    this.#sweep = setInterval(() => this.#giveUp(), SWEEP_MS);
    this.#pump();
  }

  change(settings: ReaderSettings): void {
    this.#settings = settings;
    this.#arrivals.setRate(settings.rate, performance.now());
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pump();
  }

  /**
   * Sends what is due by now and no more, and waits for the answers: half of `drainMs` for each. What has not been sent
   * or answered by then is counted. Idempotent.
   */
  async stop(drainMs: number): Promise<void> {
    this.#endsAt = Math.min(this.#endsAt, performance.now());
    clearTimeout(this.#timer);
    this.#pump();
    await this.#emptied(drainMs / 2);
    this.#failUnsent(this.#arrivals.takeBefore(this.#endsAt));
    await this.#emptied(drainMs / 2);
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#sweep);
    if (this.#busy.size > 0) this.tally.fail('timeout', 'no answer before the end', this.#busy.size);
    for (const connection of [...this.#busy, ...this.#idle]) connection.close();
  }

  /** Resolves once nothing is under way, or after `ms`. */
  async #emptied(ms: number): Promise<void> {
    if (this.#busy.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#onEmpty = resolve;
    await promise;
    clearTimeout(timer);
  }

  #failUnsent(count: number): void {
    if (count > 0) this.tally.fail('unsent', 'all connections were busy', count);
  }

  #giveUp(): void {
    const instant = performance.now() - PATIENCE_MS;
    for (const connection of this.#busy) connection.giveUpBefore(instant);
    this.#pump();
  }

  /** Sends what is due, as far as there are connections; whoever gets one back calls it again. */
  #pump(): void {
    if (this.#stopped) return;
    const now = performance.now();
    this.#failUnsent(this.#arrivals.takeBefore(now - PATIENCE_MS));
    const by = Math.min(now, this.#endsAt);
    while (this.#arrivals.next <= by) {
      const connection = this.#free();
      if (connection === undefined) return;
      void this.#read(connection, this.#arrivals.take());
    }
    if (by < now) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, this.#arrivals.next - now);
  }

  #free(): HttpConnection | undefined {
    if (this.#busy.size >= this.#settings.connections) return undefined;
    const rested = this.#idle.pop();
    if (rested !== undefined || this.#opened >= this.#settings.connections) return rested;
    this.#opened += 1;
    return new HttpConnection(this.#options.target);
  }

  async #read(connection: HttpConnection, dueAt: number): Promise<void> {
    this.#busy.add(connection);
    const request = this.#choose();
    const sentAt = performance.now();
    let restMs = 0;
    try {
      const answer = await connection.get(request.path, request.kind === 'lookup' ? request.tag : undefined);
      const outcome = this.#take(request, answer, sentAt);
      this.tally.note(outcome, performance.now() - dueAt);
      this.#backoff.reset();
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      if (!this.#stopped) this.tally.fail(error.kind, error.message);
      if (error.kind === 'unreachable' || error.kind === 'tls') restMs = this.#backoff.next();
    } finally {
      this.#busy.delete(connection);
    }
    if (this.#stopped) connection.close();
    else if (restMs === 0) this.#release(connection);
    else setTimeout(() => this.#release(connection), restMs);
    if (this.#busy.size === 0) this.#onEmpty?.();
  }

  #release(connection: HttpConnection): void {
    if (this.#opened > this.#settings.connections) {
      this.#opened -= 1;
      connection.close();
    } else this.#idle.push(connection);
    this.#pump();
  }

  #choose(): Request {
    const { absent, lists, repeats, rate, zipf } = this.#settings;
    const now = performance.now();
    const sinceList = now - this.#listAskedAt;
    if (sinceList >= Math.max(LIST_EVERY.ms, (LIST_EVERY.requests * 1000) / rate)) return this.#list(now, LONG_PAGE);
    if (sinceList >= LEARN_EVERY_MS) {
      if (this.#older !== undefined) return this.#list(now, LONG_PAGE, this.#older);
      if (this.#known.size === 0) return this.#list(now, LONG_PAGE);
    }
    const draw = this.#random();
    if (draw >= absent && draw < absent + lists) return this.#list(now, PAGE);
    if (draw >= absent) {
      const again = draw < absent + lists + repeats ? this.#takeRepeat(now) : undefined;
      const order = again ?? this.#known.pick(this.#random(), zipf);
      if (order !== undefined) return lookupOf(order, again?.read?.etag);
    }
    return { kind: 'absent', path: `/api/v1/orders/absent-${randomUUID()}` };
  }

  #list(now: number, limit: number, cursor?: string): Request {
    if (limit === LONG_PAGE) this.#listAskedAt = now;
    if (cursor !== undefined) this.#older = undefined;
    const past = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    return { kind: 'list', path: `/api/v1/orders?limit=${limit}${past}`, older: cursor !== undefined };
  }

  #takeRepeat(now: number): KnownOrder | undefined {
    const [first] = this.#repeats;
    if (first === undefined || first.from > now) return undefined;
    this.#repeats.shift();
    return this.#known.get(first.uid);
  }

  /** What has answered. @throws ReadError */
  #take(request: Request, answer: HttpAnswer, sentAt: number): ReadOutcome {
    const { status } = answer;
    const found = status === 200 || status === 304;
    if (request.kind === 'list' && found) return this.#learn(answer, request.older);
    if (request.kind === 'lookup' && found) return this.#check(request.order, versionOf(answer), answer, sentAt);
    if (request.kind !== 'list' && status === 404)
      return request.kind === 'absent' ? 'absent' : this.#check(request.order, undefined, answer, sentAt);
    if (status >= 400) throw new ReadError(status < 500 ? 'http_4xx' : 'http_5xx', `answered with ${status}`);
    throw new ReadError('malformed', `answered with ${status}`);
  }

  #learn(answer: HttpAnswer, older: boolean): ReadOutcome {
    const page = pageOf(answer.body);
    const now = performance.now();
    if (older) this.#known.learnOlder(page.orders, now);
    else this.#known.learnNewest(page.orders, now);
    if (!this.#known.full && (older || this.#known.size <= page.orders.length)) this.#older = page.next;
    return 'list';
  }

  #check(before: KnownOrder, answered: ReadVersion | undefined, answer: HttpAnswer, sentAt: number): ReadOutcome {
    const { uid } = before;
    const found = answer.status !== 404;
    const outcome = found ? tierOf(answer) : 'absent';
    // Without its headers nothing can be said of it.
    if (found && answered === undefined) return outcome;
    const now = Date.now();
    const newer = olderThan({ before, answered, sentAt, now, retentionMs: this.#options.retentionMs });
    if (newer !== undefined) this.tally.noteStale({ uid, at: now, outcome, answered, before: newer });
    if (answered === undefined) {
      this.#known.forget(uid);
      return outcome;
    }
    const known = this.#known.get(uid);
    if (isNews(answered, known?.read?.version)) this.#known.noteRead(uid, answered, answer.header('etag'));
    this.#readAgain(uid);
    return outcome;
  }

  #readAgain(uid: string): void {
    const { repeats, thinkMs } = this.#settings;
    if (this.#random() < repeats && this.#repeats.length < MOST_REPEATS)
      this.#repeats.push({ uid, from: performance.now() + thinkMs });
  }
}

function lookupOf(order: KnownOrder, tag: string | undefined): Request {
  return { kind: 'lookup', path: `/api/v1/orders/${encodeURIComponent(order.uid)}`, order, tag };
}
