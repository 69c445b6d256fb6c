import Type, { type Static } from 'typebox';
import { AppError } from '../../../lib/app-error.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody, ProblemError } from '../../http/problem.ts';
import { NO_STORE, textStream } from '../../http/reply.ts';
import {
  DATABASE_UNAVAILABLE,
  DEAD_LETTERS_BUSY,
  KAFKA_UNAVAILABLE,
  MESSAGE_NOT_FOUND,
} from '../problems.ts';
import { PositionSchema } from '../schemas.ts';
import { BAD_CURSOR, filterOf, type LetterPosition, type LetterQuery, positionOf } from './letter-query.ts';
import { type RedriveStep, redriveLines } from './redrive-lines.ts';
import { FateSchema, RedriveAnswerSchema, RedriveRequestSchema } from './redrive-schemas.ts';

/** Letters to send back, and how. */
export interface RedriveOrder {
  readonly selection: { readonly positions: readonly LetterPosition[] } | { readonly filter: LetterQuery };
  readonly dryRun: boolean;
  readonly maxReplays: number;
  readonly again: boolean;
  /** A JSON Patch, or what to put in the value's place. */
  readonly edit: { readonly patch: readonly unknown[] } | { readonly bytes: Buffer } | undefined;
  readonly cursor: string | undefined;
}

/**
 * Sends letters back. Answers are what the schemas say, undefined for a message that is not there or a cursor that is none.
 * @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`; `usage` for an edit that is none
 */
export interface RedriveDesk {
  redrive(order: RedriveOrder): Promise<object | undefined>;
  /** Goes on to the end, a step at a time; ended early, what was sent is sent. Begins when the first step is asked for. */
  redriveAll(order: RedriveOrder): AsyncGenerator<RedriveStep | undefined>;
  /** Of a message of the orders' topic. */
  fate(position: LetterPosition): Promise<object | undefined>;
}

export interface RedriveEndpointsOptions {
  readonly deadLetters: RedriveDesk;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const COMMON = {
  tag: 'dead letters',
  access: 'guarded',
  problems: [KAFKA_UNAVAILABLE, DATABASE_UNAVAILABLE, DEAD_LETTERS_BUSY],
} as const;

const description = `Each letter goes back once, to the topic and partition it came from, with its key and headers; \`edit\` changes its value. A dry run sends
nothing and says what the consumer would say, with everything that is wrong for \`positions\`. What is still bad comes back as a new letter with one replay
more; what came back \`max_replays\` times is left alone. Killed at any moment, the same request goes on without losing or doubling a message.`;
const streamed = `${description}

The answer has a line for each part that is done, \`{"progress":{"passed":1200,"total":5000,"counts":{"sent":1180,"max_replays":20}}}\`, and at the end
\`{"result":{"complete":true,…}}\` or, with the kind of the problem when there was one, \`{"result":{"complete":false,"reason":"dead-letters-busy"}}\`. Closing the connection stops it
after the part in hand.`;

/** `/api/v1/dead-letters/redrive`, `…/redrive.ndjson`, `…/redriven`: send back, and look after what was sent. */
export function redriveEndpoints({ deadLetters, logger, now }: RedriveEndpointsOptions): Endpoint[] {
  return [
    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/dead-letters/redrive',
        operationId: 'redriveDeadLetters',
        summary: 'Send rejected messages back to their topic, each of them once, edited if wanted',
        description,
        body: jsonBody(RedriveRequestSchema),
        responses: { 200: { description: 'What became of them', schema: RedriveAnswerSchema } },
      },
      async ({ body }) => {
        const order = redriveOrder(body, now());
        const answer = await editable(async () => deadLetters.redrive(order));
        if (answer === undefined) throw badBody('/cursor', BAD_CURSOR);
        return { status: 200, json: answer, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/dead-letters/redrive.ndjson',
        operationId: 'redriveAllDeadLetters',
        summary: 'Send any number of rejected messages back, and tell of the progress',
        description: streamed,
        streams: true,
        body: jsonBody(RedriveRequestSchema),
        responses: { 200: { description: 'RedriveLines', contentTypes: ['application/x-ndjson'] } },
      },
      async ({ body }) => {
        const order = redriveOrder(body, now());
        const steps = await editable(async () => deadLetters.redriveAll(order));
        return {
          status: 200,
          headers: { ...NO_STORE, 'content-type': 'application/x-ndjson' },
          body: textStream(redriveLines(steps, logger), () => {}),
        };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/dead-letters/redriven',
        operationId: 'getRedriven',
        summary: 'What became of a message that was sent back: waiting, stored or rejected again',
        query: Type.Object({
          position: PositionSchema,
        }),
        responses: { 200: { description: 'Its fate', schema: FateSchema } },
        problems: [...COMMON.problems, MESSAGE_NOT_FOUND],
      },
      async ({ query }) => {
        const fate = await deadLetters.fate(positionOf(query.position));
        if (fate === undefined) throw new ProblemError(MESSAGE_NOT_FOUND);
        return { status: 200, json: fate, headers: NO_STORE };
      },
    ),
  ];
}

/** @throws ProblemError 422 for an edit that is none */
async function editable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'usage') throw badBody('/edit', error.message);
    throw error;
  }
}

function redriveOrder(request: Static<typeof RedriveRequestSchema>, now: number): RedriveOrder {
  // The schema has seen to it that there is one of positions, filter, all.
  const { positions, filter, edit } = request;
  if (edit !== undefined && edit.patch === undefined && positions?.length !== 1)
    throw badBody('/edit', 'must be a patch, unless it is for one position');
  return {
    selection:
      positions === undefined
        ? { filter: filterOf(filter ?? {}, 'body', now) }
        : { positions: positions.map(positionOf) },
    dryRun: request.dry_run ?? false,
    maxReplays: request.max_replays ?? 3,
    again: request.again ?? false,
    edit: edit && editOf(edit),
    cursor: request.cursor,
  };
}

function editOf(edit: NonNullable<Static<typeof RedriveRequestSchema>['edit']>): RedriveOrder['edit'] {
  if (edit.patch !== undefined) return { patch: edit.patch };
  if (edit.value_base64 === undefined) return { bytes: Buffer.from(JSON.stringify(edit.value)) };
  const bytes = Buffer.from(edit.value_base64, 'base64');
  if (bytes.toString('base64') !== edit.value_base64) throw badBody('/edit/value_base64', 'is not base64');
  return { bytes };
}
