import { Command } from 'commander';
import { AppError } from '../../../lib/app-error.ts';
import { migrateDown, migrateUp, migrationStatus } from '../../../storage/postgresql/migrate.ts';
import { type CommonOptions, configFrom, confirm, print, printJson, withCommonOptions } from '../context.ts';
import { migrateOptions } from '../environment.ts';
import { integerOption } from '../options.ts';

/** `migrate up | down | status`: the database's schema. */
export function migrateCommand(): Command {
  const migrate = new Command('migrate')
    .description('create, update or roll back the database schema')
    .addHelpText('after', '\nExamples:\n  test-service migrate up\n  test-service migrate status --json');
  migrate.addCommand(
    withCommonOptions(new Command('up'))
      .description('create the database if it is missing and apply every migration')
      .option('--wait <seconds>', 'how long to wait for PostgreSQL', integerOption(0, 3600), 30)
      .action(async (options: CommonOptions & { readonly wait: number }) => {
        const applied = await migrateUp({
          ...migrateOptions(configFrom(options)),
          waitMs: options.wait * 1000,
          onWait: (reason) => {
            const what =
              reason === 'busy' ? 'for another process that migrates' : `up to ${options.wait} s for PostgreSQL`;
            process.stderr.write(`waiting ${what}\n`);
          },
        }).catch((error: unknown) => {
          if (!(error instanceof AppError) || error.code !== 'database_unavailable' || error.advice) throw error;
          const advice = 'Start it with make engines-up or docker-compose up -d, or set postgresql.url.';
          throw new AppError(error.code, `${error.message}. ${advice}`, { cause: error });
        });
        print(applied.length === 0 ? 'the schema is up to date' : applied.map((name) => `applied ${name}`).join('\n'));
      }),
  );
  migrate.addCommand(
    withCommonOptions(new Command('down'))
      .description('roll back the last migration, with its tables and their data')
      .option('-y, --yes', 'do not ask for confirmation')
      .action(async (options: CommonOptions & { readonly yes?: boolean }) => {
        const settings = migrateOptions(configFrom(options));
        const last = (await migrationStatus(settings)).findLast((one) => one.applied);
        if (last === undefined) return print('no migration is applied');
        if (options.yes !== true) await confirm(`roll back ${last.name}, with its tables and their data`);
        const name = await migrateDown(settings);
        return print(name === undefined ? 'no migration is applied' : `rolled back ${name}`);
      }),
  );
  migrate.addCommand(
    withCommonOptions(new Command('status'))
      .description('list the migrations')
      .option('--json', 'as JSON')
      .action(async (options: CommonOptions & { readonly json?: boolean }) => {
        const status = await migrationStatus(migrateOptions(configFrom(options)));
        if (options.json === true) return printJson(status);
        for (const one of status) {
          const later = one.known
            ? ''
            : `  by a later version of this service, ${one.compatible ? 'compatible' : 'which this one must not write for'}`;
          print(`${one.applied ? 'applied' : 'pending'}  ${one.name}${later}`);
        }
        return undefined;
      }),
  );
  return migrate;
}
