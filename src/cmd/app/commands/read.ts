import { Command, InvalidArgumentError } from 'commander';
import { formatAddress } from '../../../lib/address.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { pause } from '../../../lib/backoff.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { readTls } from '../../../lib/tls.ts';
import { HttpConnection, ReadError, type ReadTarget } from '../../../reader/http-connection.ts';
import { ReaderLoad } from '../../../reader/reader-load.ts';
import type { Config } from '../config-schema.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { integerOption, numberOption } from '../options.ts';
import { listWidth } from '../output.ts';
import { createProgress } from '../progress.ts';
import { readToken } from '../server-token.ts';
import { workTimeMs } from '../shutdown.ts';
import { reachable } from './health.ts';
import { readReport, readReportLines } from './read-report.ts';

interface ReadOptions extends CommonOptions {
  readonly url?: string;
  readonly rate: number;
  /** ms. */
  readonly duration: number;
  /** ms. */
  readonly warmUp: number;
  readonly connections: number;
  readonly zipf: number;
  readonly absent: number;
  readonly lists: number;
  readonly repeats: number;
  /** ms. */
  readonly think: number;
  readonly orders: number;
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly json?: boolean;
}

const PROGRESS_MS = 1_000;
const DAY_MS = 86_400_000;
/** Answers that say that every other request would be refused, too. */
const REFUSALS: Readonly<Record<number, string>> = {
  401: 'it asks for a token: set server.token (TEST_SERVICE_SERVER_TOKEN) or server.tokenFile to its own',
  403: 'it refuses this host name or client: use a name that server.allowedHosts of the service has',
  404: 'it has no list of orders: give the address of the service, with its path if it has one (server.basePath)',
};

/** `read`: simulated clients, of any deployment of the service. */
export function readCommand(): Command {
  return withCommonOptions(new Command('read'))
    .description(
      'look orders up as many clients do, and say how fast, how often in vain, and whether any answer was stale',
    )
    .option('-u, --url <url>', 'address of the service (default: the one of these settings)', urlArgument)
    .option('-r, --rate <n>', 'requests per second, 0.1 to 1000000', numberOption(0.1, 1e6), 100)
    .option('-d, --duration <time>', 'how long: 90, 90s, 5m or 1h', timeArgument, 30_000)
    .option('--warm-up <time>', 'first so long without latencies counting, such as 10s', timeArgument, 0)
    .option('--connections <n>', 'most connections, each with one request at a time', integerOption(1, 10_000), 64)
    .option('--zipf <exponent>', 'how much new orders are preferred; 0: all alike', numberOption(0, 10), 1)
    .option('--absent <share>', 'share of orders that do not exist', shareArgument, 0.02)
    .option('--lists <share>', 'share of lists of the newest orders', shareArgument, 0.05)
    .option('--repeats <share>', 'share of orders read before, with If-None-Match', shareArgument, 0.1)
    .option('--think <time>', 'time until an order is read again: 2, 2s, 5m', timeArgument, 2_000)
    .option('--orders <n>', 'most orders to choose from, the newest', integerOption(1, 1_000_000), 10_000)
    .option('--ca <file>', 'authority to trust for https, instead of those of the system')
    .option('--certificate <file>', 'own certificate, where the service demands one')
    .option('--key <file>', 'its private key')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Requests are sent on schedule, and latencies count from the instant each was due: a server that stalls is charged for
every request that it delays. An answer is stale if it is older than what had arrived before it was asked for. Orders
that are gone for their age are no findings if retention.days is set here as it is there.
The token is server.token or server.tokenFile of these settings.

Examples:
  test-service read --rate 500 --duration 1m
  TEST_SERVICE_SERVER_TOKEN=… test-service read --url https://orders.example --ca ca.pem --rate 2000 --json

Exit code 0 when every request was answered and no answer was stale.`,
    )
    .action((options: ReadOptions) => {
      if (options.absent + options.lists + options.repeats > 1 + 1e-9)
        throw new AppError('usage', '--absent, --lists and --repeats must add up to 100% at most');
      return withContext(options, (context) => read(context, options));
    });
}

async function read(context: CommandContext, options: ReadOptions): Promise<void> {
  const { config, logger, resources, signal } = context;
  const { rate, absent, lists, repeats, think, zipf, connections, duration } = options;
  const target = targetOf(options, config, () => readToken(config.server, logger));
  await checkTarget(target);
  const load = new ReaderLoad({
    target,
    settings: { rate, absent, lists, repeats, thinkMs: think, zipf, connections },
    maxKnown: options.orders,
    retentionMs: config.retention.days * DAY_MS,
  });
  const drainMs = workTimeMs(config.shutdownTimeoutMs) / 2;
  resources.defer('work', 'readers', () => load.stop(drainMs));
  load.start();
  await pause(options.warmUp, signal);
  load.tally.restart();
  const started = performance.now();
  await withProgress(load, duration, rate, signal);
  await load.stop(drainMs);
  const seconds = (performance.now() - started) / 1000;
  const result = readReport(load.tally, { url: target.url, seconds, knownOrders: load.knownOrders });
  if (options.json === true) printJson(result);
  else print(readReportLines(result, listWidth()).join('\n'));
  if (signal.aborted) logger.warn({}, 'stopped before its time was over');
  if (signal.aborted || result.failed > 0 || result.stale > 0) process.exitCode = 1;
}

function targetOf(options: ReadOptions, { server }: Config, token: () => string): ReadTarget {
  const { ca = '', certificate = '', key = '' } = options;
  const scheme = server.tls.certificate === '' ? 'http' : 'https';
  const url = options.url ?? `${scheme}://${formatAddress(reachable(server))}${server.basePath}`;
  const tls = (): ReturnType<typeof readTls> => {
    try {
      return readTls('tls', { ca, certificate, key });
    } catch (error) {
      throw new AppError('usage', messageOf(error).replaceAll('tls.', '--'), { cause: error });
    }
  };
  // What can be told without a connection is told at once.
  tls();
  return { url, token, tls };
}

/** Asks once. A service that is away is waited for; one that would refuse everything is not. @throws AppError */
async function checkTarget(target: ReadTarget): Promise<void> {
  const connection = new HttpConnection(target);
  try {
    const { status } = await connection.get('/api/v1/orders?limit=1');
    const refusal = REFUSALS[status];
    if (refusal !== undefined) throw new AppError('usage', `${target.url} answers with ${status}: ${refusal}`);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    if (error.kind === 'tls')
      throw new AppError(
        'usage',
        `${target.url}: ${error.message}; --ca names the authority to trust, --certificate and --key are our own`,
      );
  } finally {
    connection.close();
  }
}

async function withProgress(load: ReaderLoad, duration: number, rate: number, signal: AbortSignal): Promise<void> {
  const progress = createProgress({
    label: 'read',
    total: Math.round((rate * duration) / 1000),
    terminal: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const show = (): void => {
    const { answered, failed, stale } = load.tally;
    const p99 = load.tally.takeRecent()?.p99;
    progress.update(
      answered + failed,
      `${p99 === undefined ? 'no answer' : `p99 ${p99.toFixed(1)} ms`}, ${failed} failed, ${stale} stale`,
    );
  };
  const timer = setInterval(show, PROGRESS_MS);
  try {
    await pause(duration, signal);
  } finally {
    clearInterval(timer);
    show();
    progress.stop();
  }
}

function urlArgument(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8001.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('It must have no user, query or fragment.');
  return text.replace(/\/+$/, '');
}

function timeArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms <= DAY_MS * 7) return ms;
  throw new InvalidArgumentError('It must be a time such as 90s, 5m or 1h, a week at most.');
}

function shareArgument(text: string): number {
  const [, number = '', sign = ''] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const share = Number(number) / (sign === '' ? 1 : 100);
  if (number !== '' && share <= 1) return share;
  throw new InvalidArgumentError('It must be a share such as 2% or 0.02.');
}
