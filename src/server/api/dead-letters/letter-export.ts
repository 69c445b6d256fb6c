import Type from 'typebox';
import type { LetterFilter } from '../../../contract/letter.ts';
import type { KnownLetter } from '../../../contract/redrive.ts';
import { type TextOrBase64, textOrBase64 } from '../../../lib/printable.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { CSV_TYPE, csvLine, FormulasSchema } from '../csv.ts';
import { EXPORT_IDLE_SECONDS, EXPORT_NOTE, FileExports } from '../file-export.ts';
import { COMMON, type DeadLetterControl, filterOf } from './dead-letters.ts';
import { letterJson } from './letter-json.ts';
import { LetterFilterSchema } from './schemas.ts';

export interface LetterExportOptions {
  readonly deadLetters: Pick<DeadLetterControl, 'export'>;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

/** Each has a connection to Kafka of its own. */
const MAX_EXPORTS = 2;

const EXPORT = {
  ...COMMON,
  method: 'get',
  streams: true,
  idleSeconds: EXPORT_IDLE_SECONDS,
  problems: [...COMMON.problems, TOO_MANY_AT_ONCE],
} as const;

/** The columns, and what each has of a letter. */
const COLUMNS: Readonly<Record<string, (letter: ReturnType<typeof letterJson>, known: KnownLetter) => unknown>> = {
  position: ({ position }) => position,
  at: ({ at }) => at,
  reason: ({ reason }) => reason,
  detail: ({ detail }) => detail,
  order_uid: ({ order_uid }) => order_uid,
  key: ({ key }) => plain(key),
  source_topic: ({ source }) => source?.topic,
  source_position: ({ source }) => source && `${source.partition}:${source.offset}`,
  replays: ({ replays }) => replays,
  redriven_at: ({ redriven_at }) => redriven_at,
  value: (_, { letter: { value } }) => plain(value && textOrBase64(value)),
};

/** `GET /api/v1/dead-letters.ndjson` and `.csv`. */
export function letterExportEndpoints({ deadLetters, logger, now }: LetterExportOptions): Endpoint[] {
  const exports = new FileExports(MAX_EXPORTS, logger);

  async function* parts(filter: LetterFilter, lineOf: (known: KnownLetter) => string): AsyncGenerator<string> {
    for await (const letters of deadLetters.export(filter)) yield letters.map(lineOf).join('');
  }

  return [
    endpoint(
      {
        ...EXPORT,
        path: '/api/v1/dead-letters.ndjson',
        operationId: 'exportDeadLettersAsNdjson',
        summary: 'All rejected messages of a filter, a DeadLetter a line',
        description: `In the order of their partitions, up to where each ends when it begins. ${EXPORT_NOTE}`,
        query: LetterFilterSchema,
        responses: { 200: { description: 'The letters', contentTypes: ['application/x-ndjson'] } },
      },
      ({ query, method }) => {
        const file = { name: 'dead-letters.ndjson', contentType: 'application/x-ndjson' };
        return exports.answer(
          method,
          file,
          parts(filterOf(query, 'query', now()), (known) => `${JSON.stringify(letterJson(known))}\n`),
        );
      },
    ),

    endpoint(
      {
        ...EXPORT,
        path: '/api/v1/dead-letters.csv',
        operationId: 'exportDeadLettersAsCsv',
        summary: 'The same as CSV (RFC 4180), without headers',
        description: `A key or value that is not UTF-8 is \`base64:…\`. ${EXPORT_NOTE}`,
        query: Type.Object({ ...LetterFilterSchema.properties, formulas: FormulasSchema }),
        responses: { 200: { description: 'The letters', contentTypes: ['text/csv'] } },
      },
      ({ query: { formulas, ...filter }, method }) => {
        const head = csvLine(Object.keys(COLUMNS), false);
        const line = (known: KnownLetter): string => {
          const letter = letterJson(known);
          return csvLine(
            Object.values(COLUMNS).map((column) => column(letter, known)),
            formulas === 'escape',
          );
        };
        return exports.answer(
          method,
          { name: 'dead-letters.csv', contentType: CSV_TYPE, head },
          parts(filterOf(filter, 'query', now()), line),
        );
      },
    ),
  ];
}

function plain(bytes: TextOrBase64 | null): string | undefined {
  return typeof bytes === 'object' && bytes !== null ? `base64:${bytes.base64}` : (bytes ?? undefined);
}
