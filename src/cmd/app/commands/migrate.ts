import { Command } from 'commander';
import { migrateDown, migrateUp, migrationStatus } from '../../../storage/postgresql/migrate.ts';
import { type CommonOptions, configFrom, print, printJson, withCommonOptions } from '../context.ts';
import { migrateOptions } from '../environment.ts';

interface StatusOptions extends CommonOptions {
  readonly json?: boolean;
}

/** `migrate up | down | status`: the database's schema. */
export function migrateCommand(): Command {
  const migrate = new Command('migrate').description('create, change or take back the database’s schema');
  migrate.addCommand(
    withCommonOptions(new Command('up'))
      .description('create the database if it is missing and apply every migration')
      .action(async (options: CommonOptions) => {
        const applied = await migrateUp(migrateOptions(configFrom(options)));
        print(
          applied.length === 0
            ? 'the schema is up to date'
            : applied.map((name) => `applied ${name}`).join('\n'),
        );
      }),
  );
  migrate.addCommand(
    withCommonOptions(new Command('down'))
      .description('take the last migration back; its tables and their data go with it')
      .action(async (options: CommonOptions) => {
        const name = await migrateDown(migrateOptions(configFrom(options)));
        print(name === undefined ? 'no migration is applied' : `took back ${name}`);
      }),
  );
  migrate.addCommand(
    withCommonOptions(new Command('status'))
      .description('list the migrations')
      .option('--json', 'as JSON')
      .action(async (options: StatusOptions) => {
        const status = await migrationStatus(migrateOptions(configFrom(options)));
        if (options.json === true) return printJson(status);
        for (const one of status) print(`${one.applied ? 'applied' : 'pending'}  ${one.name}`);
        return undefined;
      }),
  );
  return migrate;
}
