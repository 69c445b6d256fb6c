import { InvalidArgumentError, Option } from 'commander';
import { FAULT_NAMES } from '../../contract/generator.ts';
import { messageOf } from '../../lib/app-error.ts';
import { parseFaults } from '../../producer/faults.ts';

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
