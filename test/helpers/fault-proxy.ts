import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** pass: as if it were not there. refuse: nobody listens. black-hole: takes connections and bytes, gives none on. */
export type ProxyMode = 'pass' | 'refuse' | 'black-hole';

/**
 * When a pattern of bytes passes from the client to the engine:
 * `reset-before` cuts before the engine sees it; `reset-at-answer` lets the engine have it, and cuts instead of passing
 * the answer on; `call` cuts nothing and only tells.
 */
export type PatternAction = 'reset-before' | 'reset-at-answer' | 'call';

interface Trigger {
  readonly pattern: Buffer;
  readonly action: PatternAction;
  /** Matches still to be let through. */
  skip: number;
  readonly hit: () => void;
}

interface Link {
  readonly client: Socket;
  readonly engine: Socket;
  /** The answer is not passed on: it is what the cut waits for. */
  cutAtAnswer: (() => void) | undefined;
  /** In the black hole: not even the end of one side reaches the other. */
  silent: boolean;
}

/** A TCP proxy on the loopback in front of an engine, to break the connection in every way a network can. */
export class FaultProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #triggers = new Set<Trigger>();
  #mode: ProxyMode = 'pass';
  #port = 0;
  /** Delay of every chunk, each way. */
  latencyMs = 0;
  /** Connections taken since the start. */
  accepted = 0;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#link(client));
  }

  /** Listens on a free port of the loopback. */
  static async start(host: string, port: number): Promise<FaultProxy> {
    const proxy = new FaultProxy({ host, port });
    await proxy.#listen();
    return proxy;
  }

  /** In front of the engine that the URL names. */
  static inFrontOf(url: string, defaultPort = 5432): Promise<FaultProxy> {
    const { hostname, port } = new URL(url);
    return FaultProxy.start(hostname, port === '' ? defaultPort : Number(port));
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** The same URL, by way of the proxy. */
  urlOf(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(this.#port);
    return through.href;
  }

  /**
   * Changes what happens from now on. `refuse` resets what is open; `black-hole` keeps it open and silent for good:
   * those connections stay dead even when the mode changes back, as after a failed-over network.
   */
  async setMode(mode: ProxyMode): Promise<void> {
    if (mode === this.#mode) return;
    const before = this.#mode;
    this.#mode = mode;
    if (mode === 'refuse') {
      this.cut();
      await new Promise((resolve) => this.#server.close(resolve));
    } else if (before === 'refuse') {
      await this.#listen();
    }
    if (mode === 'black-hole') for (const link of this.#links) swallow(link);
  }

  /** Resets every open connection, both ways, now. */
  cut(): void {
    for (const link of [...this.#links]) this.#reset(link);
  }

  /** Resolves when the pattern has passed (after `skip` that are let through) and the action is done. Once only. */
  onPattern(pattern: string, action: PatternAction, skip = 0): Promise<void> {
    return new Promise((resolve) => {
      const trigger: Trigger = { pattern: Buffer.from(pattern), action, skip, hit: resolve };
      this.#triggers.add(trigger);
    });
  }

  async close(): Promise<void> {
    this.cut();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async #listen(): Promise<void> {
    // Not one the system gives away: while connections are refused, nobody else may get it.
    if (this.#port === 0) this.#port = await freePort();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #link(client: Socket): void {
    this.accepted += 1;
    client.setNoDelay(true);
    const engine = connect({ ...this.#target, noDelay: true });
    const link: Link = { client, engine, cutAtAnswer: undefined, silent: false };
    this.#links.add(link);
    for (const socket of [client, engine]) {
      const ended = (): void => {
        if (!link.silent) this.#reset(link);
      };
      socket.on('error', ended);
      socket.on('close', ended);
    }
    if (this.#mode === 'black-hole') {
      swallow(link);
      return;
    }
    client.on('data', (chunk: Buffer) => this.#toEngine(link, chunk));
    engine.on('data', (chunk: Buffer) => {
      if (link.cutAtAnswer === undefined) this.#pass(engine, client, chunk);
      else link.cutAtAnswer();
    });
  }

  #toEngine(link: Link, chunk: Buffer): void {
    const trigger = this.#match(chunk);
    if (trigger === undefined) {
      this.#pass(link.client, link.engine, chunk);
      return;
    }
    this.#triggers.delete(trigger);
    const cut = (): void => {
      this.#reset(link);
      trigger.hit();
    };
    if (trigger.action === 'reset-before') {
      cut();
      return;
    }
    if (trigger.action === 'reset-at-answer') link.cutAtAnswer = cut;
    else trigger.hit();
    this.#pass(link.client, link.engine, chunk);
  }

  /** A pattern split over two chunks is not seen: drivers write a statement at once. */
  #match(chunk: Buffer): Trigger | undefined {
    for (const trigger of this.#triggers) {
      if (!chunk.includes(trigger.pattern)) continue;
      if (trigger.skip === 0) return trigger;
      trigger.skip -= 1;
    }
    return undefined;
  }

  #pass(from: Socket, to: Socket, chunk: Buffer): void {
    const write = (): void => {
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once('drain', () => from.resume());
    };
    if (this.latencyMs === 0) write();
    else setTimeout(write, this.latencyMs);
  }

  #reset(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.client.resetAndDestroy();
    link.engine.resetAndDestroy();
  }
}

/** Nothing passes any more, either way; each end believes the connection to be there until it gives up by itself. */
function swallow(link: Link): void {
  link.silent = true;
  for (const socket of [link.client, link.engine]) {
    socket.removeAllListeners('data');
    socket.on('data', () => {});
    socket.resume();
  }
}
