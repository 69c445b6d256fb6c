import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { FaultRates } from '../../../contract/generator.ts';
import { randomSeed } from '../../../contract/generator.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { printable } from '../../../lib/printable.ts';
import { ManifestWriter } from '../../../producer/manifest.ts';
import { NdjsonSource } from '../../../producer/ndjson-source.ts';
import { OrderProducer, type ProducerStatus } from '../../../producer/producer.ts';
import { createSource, type MessageSource } from '../../../producer/source.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { prepareEnvironment } from '../environment.ts';
import { faultsOption, integerOption, MAX_SEED, numberOption } from '../options.ts';
import { createProgress } from '../progress.ts';
import { Clients } from '../roles.ts';
import { workTimeMs } from '../shutdown.ts';

interface ProduceOptions extends CommonOptions {
  readonly count?: number;
  readonly rate?: number;
  readonly seed?: number;
  readonly start: number;
  readonly live?: boolean;
  readonly faults?: FaultRates;
  readonly manifest?: string;
  readonly file?: string;
  readonly allowInvalid?: boolean;
  readonly json?: boolean;
}

const GENERATED_ONLY = ['count', 'seed', 'faults', 'manifest', 'live'] as const;
const PROGRESS_MS = 200;

/** `produce`: a known load, generated or from a file. */
export function produceCommand(): Command {
  return withCommonOptions(new Command('produce'))
    .description('send orders to Kafka: generated ones, or your own from a file; acks=all, idempotent')
    .option('-n, --count <n>', 'how many (default: until stopped)', integerOption(0))
    .option(
      '-r, --rate <n>',
      'orders per second, 0.1 to 1000000 (default: as fast as possible)',
      numberOption(0.1, 1e6),
    )
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
  const clash = GENERATED_ONLY.filter((name) => options[name] !== undefined);
  if (clash.length > 0)
    throw new AppError('usage', `--file can't be combined with ${clash.map((name) => `--${name}`).join(', ')}`);
}

async function produce(context: CommandContext, options: ProduceOptions): Promise<void> {
  const { config, logger, resources, signal } = context;
  const seed = options.seed ?? randomSeed();
  const source = options.file === undefined ? generated(options, seed) : await fromFile(context, options.file, options);
  await prepareEnvironment(config, { resources, logger, signal });
  const clients = new Clients(config, resources, logger);
  const manifest =
    options.manifest === undefined ? undefined : openManifest(options.manifest, config.kafka.topic, options, seed);
  if (manifest !== undefined) resources.defer('tell', 'manifest', () => manifest.close());
  const producer = new OrderProducer({
    sender: clients.orderSender,
    topic: config.kafka.topic,
    source,
    rate: options.rate,
    logger: logger.child({ role: 'producer' }),
    ...(manifest && { onSent: (sent) => manifest.record(sent) }),
    closeTimeoutMs: workTimeMs(config.shutdownTimeoutMs),
  });
  resources.defer('work', 'producer', () => producer.close());
  signal.addEventListener('abort', () => void producer.close(), { once: true });
  const status = await withProgress(producer, options);
  report(status, options, seed);
  const { sent, failed, skipped } = status;
  // Without an end of its own it has done all it was to do whenever it is stopped.
  const unfinished = options.file === undefined ? sent + failed < (options.count ?? 0) : signal.aborted;
  if (unfinished) logger.warn({ sent, of: options.count }, 'stopped before everything was sent');
  if (unfinished || failed > 0 || skipped > 0) process.exitCode = 1;
}

function generated(options: ProduceOptions, seed: number): MessageSource {
  const { start, count, faults, live } = options;
  return createSource({
    seed,
    start,
    count,
    now: live === true ? Date.now : undefined,
    ...(faults && { faults }),
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
    label: 'sent',
    total: options.count,
    terminal: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const started = performance.now();
  const show = (): void => {
    const { sent, lateMs } = producer.status;
    const rate = Math.round((sent / Math.max(1, performance.now() - started)) * 1000);
    progress.update(sent, `${rate}/s${lateMs > 1000 ? `, ${Math.round(lateMs)} ms late` : ''}`);
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
  const { sent, failed, skipped } = status;
  const result = { sent, failed, skipped, ...(options.file === undefined && { seed }) };
  if (options.json === true) printJson(result);
  else
    print(
      Object.entries(result)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    );
}
