import { type Context, Hono } from 'hono';
import { Compile } from 'typebox/compile';
import type { RejectionReason } from '../../order/rejection.ts';
import { parseWhen } from '../../order/when.ts';
import {
  LetterLimitSchema,
  LetterReasonSchema,
  PositionSchema,
  RedriveRequestSchema,
} from '../dead-letter-schemas.ts';
import { ProblemError } from '../problem.ts';
import { parseJson, type RequestEnv, readBody } from '../request-body.ts';

/** A place in the dead-letter topic. */
export interface LetterPosition {
  readonly partition: number;
  readonly offset: number;
}

/** Which letters; instants are ms since the Unix epoch. */
export interface LetterQuery {
  readonly reasons?: readonly (RejectionReason | 'unknown')[];
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
}

export interface RedriveOrder {
  readonly selection: { readonly positions: readonly LetterPosition[] } | { readonly filter: LetterQuery };
  readonly dryRun: boolean;
  readonly maxReplays: number;
  readonly again: boolean;
  readonly cursor: string | undefined;
}

/**
 * Looks at dead letters and sends them back. Answers are what the schemas say, undefined for a letter that is not there or a
 * cursor that is none. @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`
 */
export interface DeadLetterDesk {
  list(query: LetterQuery, limit: number, cursor: string | undefined): Promise<object | undefined>;
  find(position: LetterPosition): Promise<object | undefined>;
  counts(query: LetterQuery): Promise<object>;
  redrive(order: RedriveOrder): Promise<object | undefined>;
}

export interface DeadLetterRoutesOptions {
  readonly deadLetters: DeadLetterDesk;
  readonly maxBodyBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const limitSchema = Compile(LetterLimitSchema);
const reasonSchema = Compile(LetterReasonSchema);
const positionSchema = Compile(PositionSchema);
const redriveRequest = Compile(RedriveRequestSchema);
const FILTERS = ['reason', 'since', 'until', 'key'];
const NO_STORE = { 'cache-control': 'no-store' };

/** `/api/v1/dead-letters`: list, count, look at one, send back. */
export function deadLetterRoutes({
  deadLetters,
  maxBodyBytes,
  now,
}: DeadLetterRoutesOptions): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  app.get('/', async (c) => {
    const query = queryOf(c, [...FILTERS, 'limit', 'cursor'], now());
    const page = await deadLetters.list(query, limitOf(c.req.query('limit')), c.req.query('cursor'));
    if (page === undefined) throw badCursor();
    return c.json(page, 200, NO_STORE);
  });

  app.get('/counts', async (c) =>
    c.json(await deadLetters.counts(queryOf(c, FILTERS, now())), 200, NO_STORE),
  );

  app.post('/redrive', async (c) => {
    const order = redriveOrder(parseJson(await readBody(c, maxBodyBytes)), now());
    const answer = await deadLetters.redrive(order);
    if (answer === undefined) throw badCursor();
    return c.json(answer, 200, NO_STORE);
  });

  app.get('/:position', async (c) => {
    const letter = await deadLetters.find(positionOf(c.req.param('position')));
    if (letter === undefined) throw new ProblemError('dead-letter-not-found');
    return c.json(letter, 200, NO_STORE);
  });
  return app;
}

/** An unknown parameter is an error: a mistyped filter would show everything. */
function queryOf(c: Context<RequestEnv>, allowed: readonly string[], now: number): LetterQuery {
  const given = c.req.queries();
  const unknown = Object.keys(given).find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw bad(`There is no parameter ${unknown}; there are ${allowed.join(', ')}.`);
  return filterOf(
    {
      reason: given['reason'],
      since: c.req.query('since'),
      until: c.req.query('until'),
      key: c.req.query('key'),
    },
    now,
  );
}

interface FilterText {
  readonly reason?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly key?: string | undefined;
}

function filterOf({ reason, since, until, key }: FilterText, now: number): LetterQuery {
  const reasons = reason?.map((text) => {
    if (!reasonSchema.Check(text)) throw bad(`There is no reason ${text}.`);
    return text;
  });
  return {
    ...(reasons && { reasons }),
    ...(since !== undefined && { since: whenOf('since', since, now) }),
    ...(until !== undefined && { until: whenOf('until', until, now) }),
    ...(key !== undefined && { key }),
  };
}

function whenOf(name: string, text: string, now: number): number {
  const at = parseWhen(text, now);
  if (at === undefined) throw bad(`${name} must be RFC 3339, or an age such as 15m.`);
  return at;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return 50;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!limitSchema.Check(limit)) throw bad('limit must be 1 to 500.');
  return limit;
}

function positionOf(text: string): LetterPosition {
  if (!positionSchema.Check(text)) throw bad('A position is partition:offset, such as 3:17.');
  const [partition, offset] = text.split(':').map(Number);
  return { partition: partition ?? 0, offset: offset ?? 0 };
}

function redriveOrder(request: unknown, now: number): RedriveOrder {
  if (!redriveRequest.Check(request)) throw bad('The body is not a RedriveRequest, see /openapi.json.');
  const { positions, filter, all } = request;
  if ([positions, filter, all].filter((one) => one !== undefined).length !== 1) {
    throw bad('The body must have exactly one of positions, filter, all.');
  }
  return {
    selection:
      positions === undefined
        ? { filter: filterOf(filter ?? {}, now) }
        : { positions: positions.map(positionOf) },
    dryRun: request.dry_run ?? false,
    maxReplays: request.max_replays ?? 3,
    again: request.again ?? false,
    cursor: request.cursor,
  };
}

function badCursor(): ProblemError {
  return bad('The cursor is none of this topic, or the topic was re-created since.');
}

function bad(detail: string): ProblemError {
  return new ProblemError('bad-request', detail);
}
