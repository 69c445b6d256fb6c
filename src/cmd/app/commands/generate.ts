import { Command } from 'commander';
import type { FaultRates } from '../../../contract/generator.ts';
import { createSource } from '../../../producer/source.ts';
import { faultsOption, integerOption, type LifeFlags, livesOf, MAX_SEED, withLifeOptions } from '../options.ts';
import { writeOutput } from '../output.ts';

interface GenerateOptions extends LifeFlags {
  readonly count: number;
  readonly seed: number;
  readonly start: number;
  readonly live?: boolean;
  readonly faults?: FaultRates;
}

const BATCH = 500;
const LINE_FEED = Buffer.from('\n');

/** `generate`: orders as NDJSON on standard output. No engine is needed. */
export function generateCommand(): Command {
  return withLifeOptions(new Command('generate'))
    .description('write orders to standard output, one JSON document a line; the same for the same seed')
    .option('-n, --count <n>', 'how many', integerOption(0), 10)
    .option('-s, --seed <n>', 'another seed, other orders', integerOption(0, MAX_SEED), 1)
    .option('--start <n>', 'index of the first order', integerOption(0), 0)
    .option('--live', 'dated now; otherwise the dates depend on the index')
    .addOption(faultsOption())
    .addHelpText(
      'after',
      `
Examples:
  test-service generate --count 3 | jq .
  test-service generate --count 100000 --seed 7 > orders.ndjson
  test-service generate --count 1 --life on | jq -r '[.items[].status] | @csv'
  test-service generate --count 1 | kcat -b 127.0.0.1:9092 -t orders -P`,
    )
    .action((options: GenerateOptions) => generate(options));
}

async function generate({ count, seed, start, live, faults, ...flags }: GenerateOptions): Promise<void> {
  const source = createSource({
    seed,
    start,
    count,
    now: live === true ? Date.now : undefined,
    lives: livesOf(flags),
    resumed: true,
    ...(faults && { faults }),
  });
  for (let messages = source.take(BATCH); messages.length > 0; messages = source.take(BATCH)) {
    // A tombstone has no value, so it is an empty line.
    const text = Buffer.concat(messages.flatMap(({ value }) => [value ?? Buffer.alloc(0), LINE_FEED]));
    if (!(await writeOutput(text))) return;
  }
}
