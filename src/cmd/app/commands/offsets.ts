import { Command, InvalidArgumentError } from 'commander';
import { GroupCatalog } from '../../../kafka/admin/group-catalog.ts';
import { KeptAdmin } from '../../../kafka/admin/kept-admin.ts';
import { OFFSET_TARGETS, type OffsetTarget, parseOffsetTarget } from '../../../kafka/admin/offset-target.ts';
import { TopicCatalog } from '../../../kafka/admin/topic-catalog.ts';
import type { PartitionMove } from '../../../server/api/kafka/groups.ts';
import {
  type CommandContext,
  type CommonOptions,
  confirm,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { kafkaClients, prepareEnvironment } from '../environment.ts';
import { moveOffsets } from '../offset-moves.ts';
import { integerOption } from '../options.ts';
import { listWidth, numberTable } from '../output.ts';
import { Clients } from '../roles.ts';

interface ShowOptions extends CommonOptions {
  readonly json?: boolean;
}

interface ResetOptions extends CommonOptions {
  readonly to: OffsetTarget;
  readonly partition?: readonly number[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const KAFKA_TIMEOUT_MS = 5_000;
const MAX_PARTITION = 100_000;

/** `offsets show | reset`: how far the orders topic is stored, and to store it again from elsewhere. */
export function offsetsCommand(): Command {
  const offsets = new Command('offsets').description('show or reset how far the orders topic is stored').addHelpText(
    'after',
    `
Examples:
  test-service offsets show
  test-service offsets reset --to 2h --dry-run`,
  );
  offsets.addCommand(
    withCommonOptions(new Command('show'))
      .description('show where each partition begins and ends, and how far it is stored')
      .option('--json', 'one JSON document a partition')
      .action((options: ShowOptions) => withContext(options, (context) => show(context, options))),
  );
  offsets.addCommand(
    withCommonOptions(new Command('reset'))
      .description('make the consumers continue from another offset')
      .requiredOption('--to <where>', OFFSET_TARGETS, targetOption)
      .option('-p, --partition <n>', 'this partition only; may be repeated', partitionOption)
      .option('--dry-run', 'only show what would be done')
      .option('-y, --yes', 'do not ask for confirmation')
      .option('--json', 'one JSON document a partition')
      .addHelpText(
        'after',
        `
Examples:
  test-service offsets reset --to earliest --dry-run
  test-service offsets reset --to 2h --yes
  test-service offsets reset --to 17 --partition 3

PostgreSQL's offset is the one that counts, Kafka's only follows it: kafka-consumer-groups --reset-offsets has no effect.
Consumers may run meanwhile: a transaction that expects another offset fails, and within seconds they read on from the new one.
Orders that are read again are stored once. Messages that are not orders become dead letters again. Skipped messages are not stored.`,
      )
      .action((options: ResetOptions) => withContext(options, (context) => reset(context, options))),
  );
  return offsets;
}

async function show(context: CommandContext, { json }: ShowOptions): Promise<void> {
  const { database, kafka, group, topic } = await open(context);
  const stored = await moveOffsets(context.config, database, 'latest', { dryRun: true });
  const admin = new KeptAdmin(kafka, { clientId: 'test-service-offsets', timeoutMs: KAFKA_TIMEOUT_MS });
  context.resources.defer('connections', 'kafka admin', () => admin.close());
  const found = await new GroupCatalog(admin, new TopicCatalog(admin)).find(group);
  const committed = new Map(
    found?.partitions.filter((one) => one.topic === topic).map((one) => [one.partition, one.committed]),
  );
  const rows = stored.map(({ partition, start, end, from }) => {
    const { offset = null, byHand = false } = committed.get(partition) ?? {};
    const ignored = byHand && offset !== from;
    return { partition, start, end, stored: from, committed: offset, ignored };
  });
  if (json === true) return rows.forEach(printJson);
  printRows(rows);
  if (rows.some(({ ignored }) => ignored)) {
    print(`\nGroup ${group} was moved by hand in Kafka, which has no effect: the stored offset counts.`);
    print('test-service offsets reset moves the stored offset.');
  }
  return undefined;
}

async function reset(context: CommandContext, options: ResetOptions): Promise<void> {
  const { database, group, topic } = await open(context);
  const { to, partition: partitions, json } = options;
  const dryRun = options.dryRun === true;
  const planned = await moveOffsets(context.config, database, to, { partitions, dryRun: true });
  const deed = `${summary(planned)} of topic ${topic} for group ${group}`;
  if (!dryRun && options.yes !== true) await confirm(deed);
  const moves = dryRun ? planned : await moveOffsets(context.config, database, to, { partitions, dryRun });
  if (json === true) return moves.forEach(printJson);
  printRows(moves);
  print(dryRun ? `\nwould ${deed}` : '\ndone; running consumers follow within seconds');
  return undefined;
}

async function open({ config, logger, resources, signal }: CommandContext) {
  await prepareEnvironment(config, { resources, logger, signal, needs: ['kafka', 'postgresql'] });
  const kafka = kafkaClients(config);
  return { database: new Clients(config, resources, logger).database, kafka, ...config.kafka };
}

/** `read 17 messages again and skip 3`. */
function summary(moves: readonly PartitionMove[]): string {
  const sum = (pick: (move: PartitionMove) => number) =>
    moves.reduce((total, move) => total + Math.max(0, pick(move)), 0);
  const again = sum(({ from, to }) => from - to);
  const skipped = sum(({ from, to }) => to - from);
  return `read ${again} offsets again and skip ${skipped}`;
}

function printRows(rows: readonly object[]): void {
  const values = rows.map((row) => Object.values(row));
  print(numberTable(Object.keys(rows[0] ?? {}), values, listWidth()).join('\n'));
}

function targetOption(text: string): OffsetTarget {
  const target = parseOffsetTarget(text, Date.now());
  if (target === undefined) throw new InvalidArgumentError(`It must be ${OFFSET_TARGETS}.`);
  return target;
}

function partitionOption(text: string, before: readonly number[] = []): number[] {
  return [...before, integerOption(0, MAX_PARTITION)(text)];
}
