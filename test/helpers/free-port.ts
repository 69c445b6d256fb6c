import { createServer, type Server } from 'node:net';

/** Below the range systems take the ports of outgoing connections from: a port stays free while its server restarts. */
const FIRST = 15_000;
const COUNT = 15_000;
const BUS_DISTANCE = 10_000;

/** As many free TCP ports of the loopback as asked for, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Map<number, Server>();
  while (found.size < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = found.has(port) ? undefined : await listen(port);
    if (server) found.set(port, server);
  }
  await Promise.all([...found.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  return [...found.keys()];
}

/** A free TCP port of the loopback. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no port');
  return port;
}

/** A free TCP port of the loopback, with the port 10 000 above free, too: a node of a Redis Cluster takes both. */
export async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + BUS_DISTANCE >= FIRST + COUNT) continue;
    const bus = await listen(port + BUS_DISTANCE);
    if (bus === undefined) continue;
    await new Promise((resolve) => bus.close(resolve));
    return port;
  }
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
