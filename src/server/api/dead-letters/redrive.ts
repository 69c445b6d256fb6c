import Type, { type Static } from 'typebox';
import { formatPosition } from '../../../contract/letter.ts';
import type {
  RedriveAnswer,
  RedrivenFate,
  RedriveOutcome,
  RedriveProgress,
  RedriveRequest,
} from '../../../contract/redrive.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { bytesOfBase64 } from '../../../lib/printable.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody, INTERNAL, INVALID_BODY, type Problem, ProblemError } from '../../http/problem.ts';
import { NO_STORE, textStream } from '../../http/reply.ts';
import { MESSAGE_NOT_FOUND, problemOf } from '../problems.ts';
import { type LiveAnnouncer, PositionSchema, positionOf } from '../schemas.ts';
import { BAD_CURSOR, COMMON, type DeadLetterControl, filterOf } from './dead-letters.ts';
import { summaryJson } from './letter-json.ts';
import { FateSchema, RedriveAnswerSchema, RedriveRequestSchema } from './redrive-schemas.ts';

export interface RedriveEndpointsOptions {
  readonly deadLetters: Pick<DeadLetterControl, 'redrive' | 'redriveAll' | 'fate'>;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
  /** Is told how many were sent back. */
  readonly sampler: LiveAnnouncer;
}

const description = `Each letter goes back once, to the topic and partition it came from, with its key and headers; \`edit\` changes its value. A dry run sends
nothing and says what the consumer would say; for \`positions\` with everything that is wrong. With a patch it also shows, of the first letters, what that changes (\`samples\`). What is still bad comes back as a new letter with one replay
more; what came back \`max_replays\` times is left alone. If the service is killed at any moment, the same request continues without losing or doubling a message.`;
const streamed = `${description}

The answer has a line for each part that is done, \`{"progress":{"passed":1200,"total":5000,"counts":{"sent":1180,"max_replays":20}}}\`, and at the end
\`{"result":{"complete":true,…}}\` or, with the kind of the problem when there was one, \`{"result":{"complete":false,"reason":"dead-letters-busy"}}\`. Closing the connection stops it
after the part in hand.`;

/** `/api/v1/dead-letters/redrive`, `…/redrive.ndjson`, `…/redriven`: send back, and look after what was sent. */
export function redriveEndpoints({ deadLetters, logger, now, sampler }: RedriveEndpointsOptions): Endpoint[] {
  const noteSent = ({ counts: { sent = 0 } }: Pick<RedriveAnswer, 'counts'>): void => {
    if (sent > 0) sampler.note('redriven', `${sent} dead letters were sent back`, { count: sent });
  };
  return [
    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/dead-letters/redrive',
        operationId: 'redriveDeadLetters',
        summary: 'Send rejected messages back to their topic, each once, edited if wanted',
        description,
        body: jsonBody(RedriveRequestSchema),
        unlogged: ['edit'],
        responses: { 200: { description: 'What became of them', schema: RedriveAnswerSchema } },
      },
      async ({ body }) => {
        const request = requestOf(body, now());
        const answer = await editable(async () => deadLetters.redrive(request));
        if (answer === undefined) throw badBody('/cursor', BAD_CURSOR);
        noteSent(answer);
        const json = { ...answerJson(answer), cut: answer.cut, next_cursor: answer.next ?? null };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/dead-letters/redrive.ndjson',
        operationId: 'redriveAllDeadLetters',
        summary: 'Send any number of rejected messages back, and report the progress',
        description: streamed,
        streams: true,
        body: jsonBody(RedriveRequestSchema),
        unlogged: ['edit'],
        responses: { 200: { description: 'RedriveLines', contentTypes: ['application/x-ndjson'] } },
      },
      async ({ body }) => {
        const request = requestOf(body, now());
        const steps = await editable(async () => deadLetters.redriveAll(request));
        return {
          status: 200,
          headers: { ...NO_STORE, 'content-type': 'application/x-ndjson' },
          body: textStream(redriveLines(steps, noteSent, logger), () => {}),
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
        query: Type.Object({ position: PositionSchema }),
        responses: { 200: { description: 'Its fate', schema: FateSchema } },
        problems: [...COMMON.problems, MESSAGE_NOT_FOUND],
      },
      async ({ query }) => {
        const fate = await deadLetters.fate(positionOf(query.position));
        if (fate === undefined) throw new ProblemError(MESSAGE_NOT_FOUND);
        return { status: 200, json: fateJson(fate), headers: NO_STORE };
      },
    ),
  ];
}

/** @throws ProblemError 422 for an invalid edit */
async function editable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'usage') throw badBody('/edit', error.message);
    throw error;
  }
}

function requestOf(request: Static<typeof RedriveRequestSchema>, now: number): RedriveRequest {
  // The schema has checked that there is one of positions, filter, all.
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

function editOf(edit: NonNullable<Static<typeof RedriveRequestSchema>['edit']>): RedriveRequest['edit'] {
  if (edit.patch !== undefined) return { patch: edit.patch };
  if (edit.value_base64 === undefined) return { bytes: Buffer.from(JSON.stringify(edit.value)) };
  const bytes = bytesOfBase64(edit.value_base64);
  if (bytes === undefined) throw badBody('/edit/value_base64', 'is not base64');
  return { bytes };
}

function answerJson({ dryRun, counts, wouldComeBack, outcomes, samples, missing, recovered }: RedriveAnswer) {
  return {
    dry_run: dryRun,
    counts,
    ...(dryRun && { would_come_back: wouldComeBack }),
    outcomes: outcomes.map(outcomeJson),
    ...(samples.length > 0 && { samples: samples.map(outcomeJson) }),
    missing: [...missing],
    recovered,
  };
}

function outcomeJson({ position, sentTo, ...outcome }: RedriveOutcome) {
  return { position: formatPosition(position), ...outcome, ...(sentTo && { sent_to: formatPosition(sentTo) }) };
}

function fateJson(fate: RedrivenFate): Static<typeof FateSchema> {
  switch (fate.state) {
    case 'stored':
      return { state: fate.state, order_uid: fate.orderUid };
    case 'rejected':
      return { state: fate.state, letter: summaryJson(fate.letter) };
    default:
      return fate;
  }
}

/**
 * The steps as lines of NDJSON, RedriveLines. A failure is the last line; a first step that is undefined means an
 * invalid cursor. Nothing begins before the first line is asked for, and returning early ends the steps.
 */
async function* redriveLines(
  steps: AsyncGenerator<RedriveProgress | undefined>,
  noteSent: (last: RedriveProgress) => void,
  logger: Logger,
): AsyncGenerator<string> {
  let last: RedriveProgress | undefined;
  try {
    for await (const step of steps) {
      last = step;
      yield step === undefined ? failure(INVALID_BODY) : lineOf(step);
    }
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, 'redrive failed');
    yield failure(problemOf(error) ?? INTERNAL);
  } finally {
    if (last !== undefined) noteSent(last);
  }
}

function failure({ name }: Problem): string {
  return `${JSON.stringify({ result: { complete: false, reason: name } })}\n`;
}

function lineOf({ answer, ...progress }: RedriveProgress): string {
  return `${JSON.stringify(answer === undefined ? { progress } : { result: { ...answerJson(answer), complete: true } })}\n`;
}
