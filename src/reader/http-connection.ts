import { connect as connectPlainly, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import type { ReadFailure } from '../contract/reader.ts';
import { messageOf } from '../lib/app-error.ts';
import { type HttpAnswer, MalformedAnswer, ResponseReader } from './http-response.ts';

/** Why there is no answer. */
export class ReadError extends Error {
  readonly kind: ReadFailure;

  constructor(kind: ReadFailure, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Where readers ask. */
export interface ReadTarget {
  /** Base address, with or without a path: `https://orders.example/demo`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; asked for at each connection; empty for none. */
  readonly token?: (() => string) | undefined;
  /** How to trust an `https:` address, and what to show it; asked for at each connection. */
  readonly tls?: (() => ConnectionOptions) | undefined;
}

interface Asked {
  readonly path: string;
  readonly tag: string | undefined;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: ReadError) => void;
  /** By `performance.now`. */
  readonly sentAt: number;
  /** The connection was there before, so the server may have ended it before it saw this request. */
  again: boolean;
  heard: boolean;
}

/**
 * One connection for GET requests, one at a time, opened when it is first needed and again when it has ended. Bun's
 * `fetch` and `node:http` take three and eight times the CPU of this (docs/performance.md), and what measures a server
 * must not be what limits it.
 */
export class HttpConnection {
  readonly #target: ReadTarget;
  readonly #url: URL;
  readonly #basePath: string;
  #socket: Socket | undefined;
  #asked: Asked | undefined;
  /** Of each request of this connection. */
  #fields = '';
  #response = new ResponseReader();

  constructor(target: ReadTarget) {
    this.#target = target;
    this.#url = new URL(target.url);
    this.#basePath = this.#url.pathname.replace(/\/+$/, '');
  }

  /** `path` from the base address on; `tag` for If-None-Match. @throws ReadError */
  get(path: string, tag?: string): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const again = this.#socket !== undefined;
    const asked = { path, tag, resolve, reject, sentAt: performance.now(), again, heard: false };
    this.#asked = asked;
    if (this.#socket === undefined) this.#connect();
    else this.#send(this.#socket, asked);
    return promise;
  }

  /** Gives the request up that was sent before `instant`, by `performance.now`. */
  giveUpBefore(instant: number): void {
    if (this.#asked !== undefined && this.#asked.sentAt < instant) this.#fail('timeout', 'no answer in time');
  }

  /** Ends it; a request under way fails. */
  close(): void {
    this.#fail('reset', 'the readers have stopped');
  }

  #send(socket: Socket, { path, tag }: Asked): void {
    const condition = tag === undefined ? '' : `if-none-match: ${tag}\r\n`;
    socket.write(`GET ${this.#basePath}${path} HTTP/1.1\r\n${this.#fields}${condition}\r\n`);
  }

  #connect(): void {
    const { protocol, host: authority, hostname, port } = this.#url;
    const secure = protocol === 'https:';
    const host = hostname.replace(/^\[|\]$/g, '');
    let connected = false;
    let socket: Socket;
    try {
      const token = this.#target.token?.() ?? '';
      this.#fields = `host: ${authority}\r\n${token === '' ? '' : `authorization: Bearer ${token}\r\n`}`;
      const address = { host, port: Number(port) || (secure ? 443 : 80) };
      socket = secure ? connectSecurely({ ...address, ...this.#target.tls?.() }) : connectPlainly(address);
    } catch (error) {
      this.#fail('unreachable', messageOf(error));
      return;
    }
    this.#socket = socket;
    this.#response = new ResponseReader();
    const ofThis = <A extends unknown[]>(handle: (...args: A) => void) => {
      return (...args: A): void => {
        if (this.#socket === socket) handle(...args);
      };
    };
    let reached = false;
    const ready = (): void => {
      connected = true;
      if (this.#asked !== undefined) this.#send(socket, this.#asked);
    };
    socket.setNoDelay(true);
    socket.on('connect', () => {
      reached = true;
    });
    socket.on(secure ? 'secureConnect' : 'connect', ofThis(ready));
    socket.on(
      'data',
      ofThis((chunk: Buffer) => this.#heard(chunk)),
    );
    socket.on(
      'error',
      ofThis((error: Error) => {
        const message = messageOf(error);
        // What a server says of our certificate comes after the handshake (RFC 8446 section 4.4.2.4).
        const refused = secure && ((reached && !connected) || message.includes('SSL routines'));
        this.#ended(refused ? 'tls' : connected ? 'reset' : 'unreachable', message);
      }),
    );
    socket.on(
      'close',
      ofThis(() => this.#ended(connected ? 'reset' : 'unreachable', 'the connection ended before the answer did')),
    );
    // Whatever comes after it was given up.
    socket.on('error', () => {});
  }

  #heard(chunk: Buffer): void {
    const asked = this.#asked;
    if (asked === undefined) {
      this.#drop();
      return;
    }
    asked.heard = true;
    try {
      const answer = this.#response.feed(chunk);
      if (answer !== undefined) this.#settle(answer);
    } catch (error) {
      if (!(error instanceof MalformedAnswer)) throw error;
      this.#fail('malformed', error.message);
    }
  }

  #settle(answer: HttpAnswer): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (!answer.keepAlive) this.#drop();
    asked?.resolve(answer);
  }

  #ended(kind: ReadFailure, message: string): void {
    const asked = this.#asked;
    const whole = asked && this.#response.end();
    if (whole !== undefined) {
      this.#settle(whole);
      return;
    }
    // A server may end a connection that rests while a request is on its way; that may be sent again (RFC 9110 9.2.2).
    if (asked?.again === true && !asked.heard) {
      this.#drop();
      asked.again = false;
      this.#connect();
      return;
    }
    this.#fail(kind, message);
  }

  #fail(kind: ReadFailure, message: string): void {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#drop();
    asked?.reject(new ReadError(kind, message));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}
