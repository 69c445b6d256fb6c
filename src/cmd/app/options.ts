import { type Command, InvalidArgumentError, Option } from 'commander';
import { FAULT_NAMES } from '../../contract/generator.ts';
import { messageOf } from '../../lib/app-error.ts';
import { parseFaults } from '../../producer/faults.ts';
import { type LifeOptions, STANDARD_TIME_SCALE } from '../../producer/life.ts';
import { LifePlan, readLifeTable } from '../../producer/life-table.ts';
import { parseStages, STAGE_NOTATION } from '../../producer/stages.ts';

/** A parser for a whole number of an option, within limits. */
export function integerOption(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** A parser for a number of an option, within limits. */
export function numberOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== '' && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}

/** `--life on --time-scale 600`: whether orders live, and how. */
export interface LifeFlags {
  readonly life: 'on' | 'off';
  readonly timeScale?: number;
  readonly lifeTable?: string;
}

/** Adds the options of LifeFlags. */
export function withLifeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--life <on|off>',
        'on: send each order again at every step of its life; --count counts orders, and all lives are played out',
      )
        .choices(['on', 'off'])
        .default('off'),
    )
    .option(
      '--time-scale <n>',
      `with --life on: how many times faster than the table says orders live (default: ${STANDARD_TIME_SCALE})`,
      numberOption(0.1, 1e9),
    )
    .option('--life-table <file>', 'with --life on: other steps, shares and times (JSON; see docs/lives.md)');
}

/** How orders live by these options; undefined when they do not. @throws AppError `usage` */
export function livesOf({ life, timeScale = STANDARD_TIME_SCALE, lifeTable }: LifeFlags): LifeOptions | undefined {
  return life === 'on' ? { plan: new LifePlan(readLifeTable(lifeTable ?? '')), timeScale } : undefined;
}

/** `--stages 1m:50,2m:2000:1%`. */
export function stagesOption(): Option {
  const option = new Option(
    '--stages <list>',
    `change the rate in stages, ${STAGE_NOTATION}, with commas between them; a last RATE of 0 ends the run`,
  );
  return option.argParser((text: string) => {
    try {
      return parseStages(text.split(','));
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  });
}

/** Seeds of the generator, as `--seed` takes them. */
export const MAX_SEED = 4_294_967_295;

/** `--faults malformed=0.5%,duplicate=2%`. */
export function faultsOption(): Option {
  const option = new Option(
    '--faults <list>',
    `spoil a share of the messages: name=share,…; ${FAULT_NAMES.join(', ')}`,
  );
  return option.argParser((text: string) => {
    try {
      return parseFaults(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  });
}
