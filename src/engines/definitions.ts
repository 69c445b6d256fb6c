import { defineKafka } from './kafka/kafka.ts';
import { definePostgresql } from './postgresql/postgresql.ts';
import { defineRedis } from './redis/redis.ts';
import type { EngineDefinition, EngineSettings } from './types.ts';

/** The three engines as the settings want them. @throws AppError `config_invalid` on an address without sense */
export function defineEngines(settings: EngineSettings): EngineDefinition[] {
  return [
    definePostgresql(settings.postgresqlUrl),
    defineKafka(settings.brokers),
    defineRedis(settings.redisUrl),
  ];
}
