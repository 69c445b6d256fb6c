import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { formatAddress } from '../../lib/address.ts';
import type { TlsMaterial } from '../../lib/tls.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { CertificateWatch } from './certificate-watch.ts';
import type { Handler } from './handler.ts';
import { type ListenOptions, listenError, type RunningServer, startServer } from './server.ts';

export interface TlsServerOptions extends ListenOptions {
  /** Reads certificate and key; with `ca`, clients must have a certificate of one of these authorities. */
  readonly material: () => TlsMaterial;
  /** Time between two looks for a renewed certificate, ms. */
  readonly lookEveryMs?: number;
  /** Time a client may take for its handshake, ms. */
  readonly handshakeMs?: number;
}

const LOOK_EVERY_MS = 5_000;
const HANDSHAKE_MS = 10_000;
/** After a stop, a connection on which nothing has moved for so long has brought its client everything. */
const FLUSH_MS = 200;

/**
 * As `startServer`, over TLS. Bun can't give a server that listens another certificate, and one beside it on the port
 * would cost requests when the first stops listening. So Node's listener, which can, decrypts, and passes the bytes on
 * to a server on the loopback that serves nobody else. A renewed certificate counts from the next connection on; those
 * that are open go on.
 * @throws AppError as `startServer`, and `config_invalid` for certificates that can't be used
 */
export async function startTlsServer(
  handler: Handler,
  options: TlsServerOptions,
  logger: Logger,
): Promise<RunningServer> {
  const { handshakeMs = HANDSHAKE_MS, host, lookEveryMs = LOOK_EVERY_MS, material, shared = 'alone' } = options;
  const watch = new CertificateWatch({ read: material, use: (next) => front.setSecureContext(secured(next)), logger });
  const clients = new Map<number, string>();
  /** With the connection inside, once the handshake is made. */
  const open = new Map<TLSSocket, Socket | undefined>();
  const clientAt = (port: number): string | undefined => clients.get(port);
  const behind = { ...options, host: '127.0.0.1', port: 0, shared: 'alone', clientAt } as const;

  const front = createServer({ ...secured(watch.current), handshakeTimeout: handshakeMs }, (client) => {
    const inside = connect(inner.port, behind.host, () => {
      const { localPort = 0 } = inside;
      clients.set(localPort, (client.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/i, ''));
      inside.once('close', () => clients.delete(localPort));
      client.pipe(inside).pipe(client);
    });
    open.set(client, inside);
    for (const one of [client, inside]) one.setNoDelay(true);
    client.on('error', () => inside.destroy());
    client.once('close', () => inside.destroy());
    inside.on('error', () => client.destroy());
  });
  // From before its handshake on: one that never makes it would keep the listener from closing.
  front.on('connection', (client: TLSSocket) => {
    open.set(client, undefined);
    client.once('close', () => open.delete(client));
  });
  front.on('tlsClientError', (error, client) => {
    logger.debug({ reason: error.message }, 'a tls handshake failed');
    // Bun leaves one open that took too long.
    client.destroy();
  });
  front.on('error', (error) => logger.warn({ reason: error.message }, 'the listener has failed'));
  const inner = startServer(handler, behind, logger);

  const listen = async (reusePort: boolean): Promise<void> => {
    front.listen({ host, port: options.port, reusePort });
    await once(front, 'listening');
  };
  try {
    if (shared === 'first') {
      // Anyone could share a shared port, so the first process checks that it is free.
      await listen(false);
      await new Promise((resolve) => front.close(resolve));
    }
    await listen(shared !== 'alone');
  } catch (error) {
    await inner.close(0);
    throw listenError(error, options);
  }
  const timer = setInterval(() => watch.look(), lookEveryMs);
  const bound = front.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  let closing: Promise<string | undefined> | undefined;
  const close = async (deadlineMs: number): Promise<string | undefined> => {
    clearInterval(timer);
    const until = performance.now() + deadlineMs;
    const ended = new Promise((resolve) => front.close(resolve));
    let cut = await inner.close(deadlineMs);
    // What the server has written, slow clients have not got yet.
    const passed = new Map<TLSSocket, number>();
    const flush = (): void => {
      const late = performance.now() >= until;
      for (const [client, inside] of open) {
        const bytes = (inside?.bytesRead ?? 0) + client.bytesWritten;
        const before = passed.get(client);
        const waits = client.writableLength > 0 || (before !== undefined && before !== bytes);
        if (late && waits) cut ??= 'answers that slow clients had not got yet';
        if (late || (!waits && before !== undefined)) client.destroy();
        passed.set(client, bytes);
      }
    };
    flush();
    const flushing = setInterval(flush, FLUSH_MS);
    await ended;
    clearInterval(flushing);
    return cut;
  };
  return {
    url: `https://${formatAddress({ host, port })}`,
    port,
    close: (deadlineMs) => {
      closing ??= close(deadlineMs);
      return closing;
    },
  };
}

function secured(material: TlsMaterial) {
  const asksClients = material.ca !== undefined;
  return { ...material, requestCert: asksClients, rejectUnauthorized: asksClients };
}
