import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { FaultRates, GeneratorSettings, Stage } from '../../../contract/generator.ts';
import { randomSeed } from '../../../contract/generator.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { printable } from '../../../lib/printable.ts';
import { ManifestWriter } from '../../../producer/manifest.ts';
import type { MessageSource } from '../../../producer/message-source.ts';
import { NdjsonSource } from '../../../producer/ndjson-source.ts';
import { OrderProducer, type ProducerStatus } from '../../../producer/producer.ts';
import { STEADY, scheduleOf, type TimelineStart } from '../../../producer/schedule.ts';
import { createSource } from '../../../producer/source.ts';
import { faultSpansOf } from '../../../producer/stages.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { prepareEnvironment } from '../environment.ts';
import { openProducerOps } from '../ops.ts';
import {
  faultsOption,
  integerOption,
  type LifeFlags,
  livesOf,
  MAX_SEED,
  numberOption,
  stagesOption,
  withLifeOptions,
} from '../options.ts';
import { createProgress } from '../progress.ts';
import { Clients } from '../roles.ts';
import { workTimeMs } from '../shutdown.ts';

interface ProduceOptions extends CommonOptions, LifeFlags {
  readonly count?: number;
  readonly rate?: number;
  readonly seed?: number;
  readonly start: number;
  readonly live?: boolean;
  readonly stages?: readonly Stage[];
  readonly faults?: FaultRates;
  readonly manifest?: string;
  readonly file?: string;
  readonly allowInvalid?: boolean;
  readonly json?: boolean;
}

const GENERATED_ONLY = ['count', 'seed', 'faults', 'manifest', 'live', 'stages'] as const;
const PROGRESS_MS = 200;
const LEAST_RATE = 0.1;

/** `produce`: a known load, generated or from a file. */
export function produceCommand(): Command {
  return withLifeOptions(withCommonOptions(new Command('produce')))
    .description('send orders to Kafka: generated ones, or your own from a file; acks=all, idempotent')
    .option('-n, --count <n>', 'how many (default: until stopped)', integerOption(0))
    .option(
      '-r, --rate <n>',
      'orders per second, 0.1 to 1000000; with --stages at the beginning (default: as fast as possible, or the rate of the first stage)',
      numberOption(LEAST_RATE, 1e6),
    )
    .addOption(stagesOption())
    .option('-s, --seed <n>', 'same seed, same orders (default: a new one, printed)', integerOption(0, MAX_SEED))
    .option('--start <n>', 'index of the first order', integerOption(0), 0)
    .option('--live', 'orders dated now; otherwise the dates depend on the index')
    .addOption(faultsOption())
    .option('--manifest <file>', 'write what was injected where, one JSON document a line')
    .option(
      '-f, --file <file>',
      'send the orders of this file: one a line, over several lines, or a list; - for standard input',
    )
    .option('--allow-invalid', 'with --file: send lines that are not orders, too')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  test-service produce --count 100000 --rate 5000 --seed 7
  test-service produce --count 10000 --faults malformed=0.5%,duplicate=2% --manifest faults.ndjson
  test-service produce --life on --rate 100
  test-service produce --stages 1m:50,2m:2000:1%,5m:2000:1%,30s:0
  test-service generate --count 5 | test-service produce --file -

Exit code 0 when everything was sent and acknowledged.`,
    )
    .action((options: ProduceOptions) => {
      checkOptions(options);
      return withContext(options, (context) => produce(context, options));
    });
}

function checkOptions(options: ProduceOptions): void {
  if (options.file === undefined) {
    if (options.allowInvalid === true) throw new AppError('usage', '--allow-invalid requires --file');
    return;
  }
  const clash: string[] = GENERATED_ONLY.filter((name) => options[name] !== undefined);
  if (options.life === 'on') clash.push('life on');
  if (clash.length > 0)
    throw new AppError('usage', `--file can't be combined with ${clash.map((name) => `--${name}`).join(', ')}`);
}

async function produce(context: CommandContext, options: ProduceOptions): Promise<void> {
  const { config, logger, resources, signal } = context;
  const seed = options.seed ?? randomSeed();
  const load = loadOf(options);
  const start = load && startOf(options.start, load);
  const source =
    options.file === undefined ? generated(options, seed, load) : await fromFile(context, options.file, options);
  await prepareEnvironment(config, { resources, logger, signal, needs: ['kafka'] });
  const clients = new Clients(config, resources, logger, await context.traced());
  const manifest =
    options.manifest === undefined ? undefined : openManifest(options.manifest, config.kafka.topic, options, seed);
  if (manifest !== undefined) resources.defer('tell', 'manifest', () => manifest.close());
  const producer = new OrderProducer({
    sender: clients.orderSender,
    topic: config.kafka.topic,
    source,
    rate: load && scheduleOf(load.profile, load.rate),
    start,
    logger: logger.child({ role: 'producer' }),
    ...(manifest && { onSent: (sent) => manifest.record(sent) }),
    closeTimeoutMs: workTimeMs(config.shutdownTimeoutMs),
  });
  resources.defer('work', 'producer', () => producer.close());
  openProducerOps(context, producer);
  signal.addEventListener('abort', () => void producer.close(), { once: true });
  const status = await withProgress(producer, options);
  report(status, options, seed);
  const { sent, orders, failed, openOrders, skipped } = status;
  // Without an end of its own it has done all it was to do whenever it is stopped.
  const unfinished = options.file === undefined ? isUnfinished(status, options) : signal.aborted;
  if (unfinished) logger.warn({ sent, orders, of: options.count, openOrders }, 'stopped before everything was sent');
  if (unfinished || failed > 0 || skipped > 0) process.exitCode = 1;
}

/** A count is a count of orders, whose lives are played out. */
function isUnfinished({ sent, orders, failed, openOrders }: ProducerStatus, { count, life }: ProduceOptions): boolean {
  if (count === undefined) return false;
  return life === 'on' ? orders + failed < count || openOrders > 0 : sent + failed < count;
}

/**
 * A run that starts at an index is where one from 0 is by then, so that lives go on in the same order.
 * @throws AppError `usage` when there is no such order
 */
function startOf(index: number, { profile, rate }: Load): TimelineStart {
  const ms = scheduleOf(profile, rate).timeOf(index);
  if (ms === Number.POSITIVE_INFINITY) throw new AppError('usage', `--start ${index}: the stages have ended by then`);
  return { ms, orders: index };
}

type Load = Pick<GeneratorSettings, 'profile' | 'rate'>;

/** Undefined without a schedule: as fast as possible. */
function loadOf({ rate, stages }: ProduceOptions): Load | undefined {
  if (stages !== undefined)
    return { profile: { kind: 'stages', stages }, rate: rate ?? Math.max(LEAST_RATE, stages[0]?.toRate ?? 0) };
  return rate === undefined ? undefined : { profile: STEADY, rate };
}

function generated(options: ProduceOptions, seed: number, load: Load | undefined): MessageSource {
  const { start, count, faults = new Map(), live } = options;
  return createSource({
    seed,
    start,
    count,
    now: live === true ? Date.now : undefined,
    lives: livesOf(options),
    resumed: true,
    faults: load === undefined ? faults : faultSpansOf({ ...load, faults }, 0),
  });
}

async function fromFile(context: CommandContext, file: string, options: ProduceOptions): Promise<MessageSource> {
  if (file !== '-') {
    const found = await stat(file).catch((error: unknown) => {
      throw new AppError('usage', `can't read ${file}: ${messageOf(error)}`, { cause: error });
    });
    if (found.isDirectory()) throw new AppError('usage', `${file} is a folder: --file takes one file`);
  }
  return new NdjsonSource({
    input: file === '-' ? process.stdin : createReadStream(file),
    maxOrderBytes: context.config.consumer.maxOrderBytes,
    allowInvalid: options.allowInvalid === true,
    onBadLine: ({ line, reason, detail }) =>
      process.stderr.write(`line ${line} is not an order: ${reason}, ${printable(detail)}\n`),
    now: Date.now,
  });
}

function openManifest(path: string, topic: string, options: ProduceOptions, seed: number): ManifestWriter {
  return new ManifestWriter(path, { seed, count: options.count ?? null, topic, started: new Date().toISOString() });
}

async function withProgress(producer: OrderProducer, options: ProduceOptions): Promise<ProducerStatus> {
  const progress = createProgress({
    label: options.life === 'on' ? 'orders' : 'sent',
    total: options.count,
    terminal: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const started = performance.now();
  const show = (): void => {
    const { sent, orders, openOrders, lateMs } = producer.status;
    const seconds = Math.max(1, performance.now() - started) / 1000;
    const late = lateMs > 1000 ? `, ${Math.round(lateMs)} ms late` : '';
    const rate = `${Math.round(sent / seconds)}/s`;
    if (options.life === 'off') progress.update(sent, `${rate}${late}`);
    else
      progress.update(
        orders,
        `${openOrders} live on, ${rate} messages, ${Math.round(orders / seconds)}/s orders${late}`,
      );
  };
  const timer = setInterval(show, PROGRESS_MS);
  try {
    return await producer.start();
  } finally {
    clearInterval(timer);
    show();
    progress.stop();
  }
}

function report(status: ProducerStatus, options: ProduceOptions, seed: number): void {
  const { sent, orders, failed, skipped } = status;
  const result = {
    sent,
    ...(options.life === 'on' && { orders }),
    failed,
    skipped,
    ...(options.file === undefined && { seed }),
  };
  if (options.json === true) printJson(result);
  else
    print(
      Object.entries(result)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    );
}
