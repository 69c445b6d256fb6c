/** Prints the engines a start would have to run locally, one a line: for the set-up to know what they need. */
import { resolve } from 'node:path';
import { loadConfig } from '../src/cmd/app/config.ts';
import { reportEngines } from '../src/engines/report.ts';

const config = loadConfig();
const statuses = await reportEngines({
  mode: config.engines,
  dataDir: resolve(config.dataDir),
  postgresqlUrl: config.postgresql.url,
  brokers: config.kafka.brokers,
  redisUrl: config.redis.url,
});
const names = statuses.filter(({ next }) => next === 'start').map(({ engine }) => `${engine}\n`);
process.stdout.write(names.join(''));
