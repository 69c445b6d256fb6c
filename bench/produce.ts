import { ensureTopics, withAdmin } from '../src/kafka/admin/topics.ts';
import { TopicReader } from '../src/kafka/read/topic-reader.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { type CpuPerOrder, type Round, roundOf } from './lib/drain.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { endOf } from './lib/load-topic.ts';
import { cpuOf } from './lib/proc.ts';
import { roundsTable, summarize } from './lib/rounds.ts';
import { sleep } from './lib/wait.ts';

const SEED = 3;
const PARTITIONS = 6;
const POLL_MS = 20;
/** Part of the messages after which the pace is steady: code is compiled, and most customers have been met by then. */
const WARM_UP_SHARE = 0.25;
/** `library`: a bare loop over the Kafka client's own producer; `sender`: one over the sender that `produce` uses. */
const KINDS = ['library', 'sender', 'produce'] as const;
type Kind = (typeof KINDS)[number];

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
  const measured: Record<Kind, Round[]> = { library: [], sender: [], produce: [] };
  // Round 0 warms the broker up.
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    for (const kind of KINDS) {
      const one = await sendAll(kind, `${kind}-${round}`, count, engines, context);
      if (round > 0) measured[kind].push(one);
    }
  }
  const library = summarize(measured.library);
  const sender = summarize(measured.sender);
  const result = summarize(measured.produce);
  const ratio = result.rate.median / library.rate.median;
  const senderRatio = result.rate.median / sender.rate.median;
  return {
    tables: [
      roundsTable(`${count} orders, ${PARTITIONS} partitions, acks=all, ${rounds} rounds`, [
        ['bare loop, client', library],
        ['bare loop, sender', sender],
        ['produce', result],
      ]),
    ],
    data: { count, versions: engines.versions, ratio, senderRatio, library, sender, result, measured },
    lines: [`produce sender_ratio ${senderRatio.toFixed(2)}`, `produce ratio ${ratio.toFixed(2)}`],
  };
}

/** One process sends everything to its own topic. The clock runs from a quarter of it being in the log to the end. */
async function sendAll(
  kind: Kind,
  topic: string,
  count: number,
  engines: BenchEngines,
  { resources, signal }: BenchContext,
): Promise<Round> {
  const { brokers, kafkaClients: kafka } = engines;
  await ensureTopics(kafka, [{ name: topic, partitions: PARTITIONS, replicationFactor: 1 }]);
  const reader = await TopicReader.open(kafka, { topic });
  const child =
    kind === 'produce'
      ? Child.app(
          engines,
          ['produce', '--count', String(count), '--seed', String(SEED)],
          { 'kafka.topic': topic },
          resources,
        )
      : Child.script('bare-producer.ts', { brokers, topic, count, seed: SEED, client: kind }, resources);
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
        return roundOf(count - first.sent, at - first.at, first.cpu, cpu);
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
