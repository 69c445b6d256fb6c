import { ensureTopics, withAdmin } from '../src/kafka/admin/topics.ts';
import type { KafkaClients } from '../src/kafka/clients.ts';
import { TopicReader } from '../src/kafka/read/topic-reader.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { type CpuPerOrder, type Round, roundOf } from './lib/drain.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { endOf } from './lib/load-topic.ts';
import { cpuOf } from './lib/proc.ts';
import { roundsTable, summarize } from './lib/rounds.ts';
import { median, type Spread } from './lib/stats.ts';
import { sleep } from './lib/wait.ts';

export const SEED = 3;
const PARTITIONS = 6;
const POLL_MS = 20;
/** Part of the messages after which the pace is steady: code is compiled, and most customers have been met by then. */
const WARM_UP_SHARE = 0.25;
/** `library`: a bare loop over the Kafka client's own producer; `sender`: one over the sender that `produce` uses. */
const BARE = ['library', 'sender'] as const;
/** What `produce` compresses by. The bare loops are held against the first. */
const CODECS = (process.env['COMPRESSION'] ?? 'none').split(',');

interface Contender {
  /** A bare loop of that kind; `produce` with a codec, and with options in place of `--count`. */
  readonly kind: (typeof BARE)[number] | { readonly codec: string; readonly options?: readonly string[] };
  readonly name: string;
}

const CONTENDERS: readonly Contender[] = [
  ...BARE.map((kind) => ({ kind, name: kind })),
  ...CODECS.map((codec) => ({ kind: { codec }, name: `produce-${codec}` })),
];

/** A round, and what Kafka keeps of its orders, bytes. */
interface SentRound extends Round {
  readonly bytes: number;
}

/** Generating and sending, against sending alone. */
export const produce: Bench = {
  name: 'produce',
  about: 'generate and send with acks=all, against bare loops that send the same orders, generated beforehand',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 400_000);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const measured = new Map(CONTENDERS.map(({ name }) => [name, [] as SentRound[]]));
  // Round 0 warms the broker up.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    for (const contender of CONTENDERS) {
      const one = await sendAll(contender, `${contender.name}-${round}`, count, engines, context);
      if (round > 0) measured.get(contender.name)?.push(one);
    }
  }
  const summaries = [...measured].map(([name, sent]) => ({
    name,
    ...summarize(sent),
    bytes: median(sent.map(({ bytes }) => bytes)) / count,
  }));
  const [library, sender, result, ...others] = summaries;
  if (library === undefined || sender === undefined || result === undefined) throw new Error('nothing was measured');
  const ratio = (one: { rate: Spread }, to: { rate: Spread }): number => one.rate.median / to.rate.median;
  return {
    tables: [
      roundsTable(
        `${count} orders, ${PARTITIONS} partitions, acks=all, ${rounds} rounds`,
        summaries.map((one) => [one.name, one]),
      ),
    ],
    data: { count, versions: engines.versions, summaries, measured: Object.fromEntries(measured) },
    lines: [
      ...others.flatMap((one) => [
        `${one.name} bytes_per_order ${Math.round(one.bytes)}`,
        `${one.name} cpu_ratio ${(one.cpu.client / result.cpu.client).toFixed(2)}`,
        `${one.name} ratio ${ratio(one, result).toFixed(2)}`,
      ]),
      `produce bytes_per_order ${Math.round(result.bytes)}`,
      `produce sender_ratio ${ratio(result, sender).toFixed(2)}`,
      `produce ratio ${ratio(result, library).toFixed(2)}`,
    ],
  };
}

/** What Kafka keeps of the topic, bytes. */
function sizeOf(kafka: KafkaClients, topic: string): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    const topics = [{ name: topic, partitions: Array.from({ length: PARTITIONS }, (_, at) => at) }];
    const dirs = await admin.describeLogDirs({ topics });
    const partitions = dirs.flatMap((one) =>
      one.results.flatMap((dir) => dir.topics.flatMap((each) => each.partitions)),
    );
    return partitions.reduce((sum, { partitionSize }) => sum + Number(partitionSize), 0);
  });
}

/**
 * One process sends so many messages to its own topic. The clock runs from a quarter of them being in the log to the end.
 */
export async function sendAll(
  { kind }: Pick<Contender, 'kind'>,
  topic: string,
  count: number,
  engines: BenchEngines,
  { resources, signal }: BenchContext,
): Promise<SentRound> {
  const { brokers, kafkaClients: kafka } = engines;
  await ensureTopics(kafka, [{ name: topic, partitions: PARTITIONS, replicationFactor: 1 }]);
  const reader = await TopicReader.open(kafka, { topic });
  const child =
    typeof kind === 'string'
      ? Child.script('bare-producer.ts', { brokers, topic, count, seed: SEED, client: kind }, resources)
      : Child.app(
          engines,
          ['produce', ...(kind.options ?? ['--count', String(count)]), '--seed', String(SEED)],
          { 'kafka.topic': topic, 'producer.compression': kind.codec },
          resources,
        );
  try {
    let last: CpuPerOrder = { client: 0, kafka: 0, postgresql: 0 };
    let first: { at: number; sent: number; cpu: CpuPerOrder } | undefined;
    for (;;) {
      const cpu = {
        client: cpuOf(child.pid) ?? last.client,
        kafka: cpuOf(engines.pids.kafka) ?? 0,
        postgresql: 0,
      };
      last = cpu;
      const sent = endOf(await reader.ranges());
      const at = performance.now();
      if (sent >= count * WARM_UP_SHARE) first ??= { at, sent, cpu };
      if (first !== undefined && sent >= count) {
        if (first.sent >= count) throw new Error(`${count} orders are too few to time`);
        await child.done();
        return { ...roundOf(count - first.sent, at - first.at, first.cpu, cpu), bytes: await sizeOf(kafka, topic) };
      }
      if (sent < count && child.ended) await child.done();
      await sleep(POLL_MS, signal);
    }
  } finally {
    await reader.close();
    await child.stop();
    await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
  }
}
