import type { EngineUse } from '../../engines/engines.ts';
import { redactUrl } from '../../lib/connection-url.ts';
import type { Config } from './config-schema.ts';

export interface BannerOptions {
  readonly config: Config;
  readonly url: string | undefined;
  readonly engines: readonly EngineUse[];
  readonly roles: readonly string[];
}

const STATES: Readonly<Record<EngineUse['state'], string>> = {
  'in use': 'found',
  started: 'local, started',
  adopted: 'local, adopted',
  absent: 'does not answer: lookups go without it until it does',
};

/** What people want to know once it runs: where everything is. */
export function banner({ config, url, engines, roles }: BannerOptions): string {
  const { kafka, postgresql, redis, server } = config;
  const [broker = ''] = kafka.brokers;
  const state = (name: EngineUse['engine']): string => {
    const use = engines.find((one) => one.engine === name);
    return use === undefined ? '' : STATES[use.state];
  };
  const rows: [string, string][] = [
    ...(url === undefined
      ? []
      : ([
          ['Web console', `${url}${server.basePath}`],
          ['REST API', `${url}${server.basePath}/api/v1/orders`],
        ] as [string, string][])),
    ['PostgreSQL', `${redactUrl(postgresql.url)}  (${state('postgresql')}; tables orders, order_items)`],
    ['Kafka', `${kafka.brokers.join(',')}  (${state('kafka')}; kcat -b ${broker} -t ${kafka.topic} -C)`],
    ['Redis', `${redactUrl(redis.url)}  (${state('redis')}; keys ${config.cache.keyPrefix}:*)`],
    ['Data', engines.some(({ pid }) => pid !== undefined) ? config.dataDir : 'with the engines'],
    ['Roles', roles.join(', ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return `\nTest Service is up.\n\n${lines.join('\n')}\n\nCtrl-C stops it.\n`;
}
