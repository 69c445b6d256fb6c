import { InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../../lib/app-error.ts';
import { FAULT_NAMES, parseFaults } from '../../producer/faults.ts';

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
