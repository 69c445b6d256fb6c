import { Command } from 'commander';
import { stringify } from 'yaml';
import { redactConfig } from '../config.ts';
import { toEnvironment } from '../config-environment.ts';
import { type CommonOptions, configFrom, print, printJson, withCommonOptions } from '../context.ts';

/** `config`: the effective settings, secrets hidden. */
export function configCommand(): Command {
  return withCommonOptions(new Command('config'))
    .description('show the effective settings, passwords hidden')
    .option('--json', 'as JSON')
    .option('--env', 'as environment variables')
    .addHelpText('after', '\nExamples:\n  test-service config\n  test-service config --env | grep KAFKA')
    .action((options: CommonOptions & { readonly json?: boolean; readonly env?: boolean }) => {
      const config = redactConfig(configFrom(options));
      if (options.json === true) return printJson(config);
      if (options.env !== true) return print(stringify(config).trimEnd());
      for (const [name, value] of Object.entries(toEnvironment(config))) print(`${name}=${value}`);
      return undefined;
    });
}
