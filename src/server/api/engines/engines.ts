import Type from 'typebox';
import type { EngineControl, EngineOrder, EngineRefusal, EngineView } from '../../../contract/engine.ts';
import { messageOf } from '../../../lib/app-error.ts';
import { within } from '../../../lib/deadline.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import type { LiveAnnouncer } from '../schemas.ts';
import {
  DEFAULT_PAUSE_S,
  ENGINE_BUSY,
  ENGINE_ELSEWHERE,
  ENGINE_FAILED,
  ENGINE_NOT_RUNNING,
  type EngineActionJson,
  EngineActionSchema,
  type EngineJson,
  EngineListSchema,
  EngineNameSchema,
  EngineSchema,
} from './schemas.ts';

export interface EngineEndpointsOptions {
  readonly engines: EngineControl;
  /** Longest wait for an action to finish before the answer, ms. */
  readonly engineWaitMs: number;
  /** Is told of each action. */
  readonly sampler: LiveAnnouncer;
}

const COMMON = { tag: 'engines', access: 'guarded', ofFirstProcess: true } as const;
const ELSEWHERE: Readonly<Record<'engines_off' | 'elsewhere', string>> = {
  engines_off: 'local engines are off (engines: off), so all of them run elsewhere',
  elsewhere: 'it was not started from this data folder',
};

/** `/api/v1/engines`: their states; stop, kill, start, restart, pause and resume those that were started from here. */
export function engineEndpoints({ engines, engineWaitMs, sampler }: EngineEndpointsOptions): Endpoint[] {
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/engines',
        operationId: 'listEngines',
        summary: 'PostgreSQL, Kafka and Redis: their addresses and states, and what can be done with them',
        responses: { 200: { description: 'All three', schema: EngineListSchema } },
      },
      async () => ({ status: 200, json: { engines: (await engines.list()).map(engineJson) }, headers: NO_STORE }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/engines/{engine}/actions',
        operationId: 'actOnEngine',
        summary: 'Stop, kill, start, restart, pause or resume an engine that was started from the data folder',
        params: Type.Object({ engine: EngineNameSchema }),
        body: jsonBody(EngineActionSchema),
        responses: {
          200: { description: 'Done', schema: EngineSchema },
          202: { description: 'In progress: `last_action` will have the outcome', schema: EngineSchema },
        },
        problems: [ENGINE_ELSEWHERE, ENGINE_BUSY, ENGINE_NOT_RUNNING, ENGINE_FAILED],
      },
      async ({ params: { engine }, body }) => {
        const acceptance = await engines.act(engine, orderOf(body));
        if (!acceptance.accepted) throw refused(await engines.find(engine), acceptance.why);
        const { action } = body;
        sampler.note('engine_action', `${engine} was told to ${action}`, { engine, action });
        const finished = await isDoneWithin(engineWaitMs, acceptance.done);
        return { status: finished ? 200 : 202, json: engineJson(await engines.find(engine)), headers: NO_STORE };
      },
    ),
  ];
}

async function isDoneWithin(ms: number, done: Promise<void>): Promise<boolean> {
  let settled = false;
  const outcome = done.finally(() => {
    settled = true;
  });
  try {
    await within(ms, outcome);
    return true;
  } catch (error) {
    if (!settled) return false;
    throw new ProblemError(ENGINE_FAILED, messageOf(error));
  }
}

function refused({ title, address }: EngineView, why: EngineRefusal): ProblemError {
  switch (why) {
    case 'busy':
      return new ProblemError(ENGINE_BUSY);
    case 'not_running':
      return new ProblemError(ENGINE_NOT_RUNNING, `${title} is not running. Start it first.`);
    default: {
      const where = `${title} runs elsewhere (${address}): ${ELSEWHERE[why]}.`;
      return new ProblemError(ENGINE_ELSEWHERE, `${where} Stop or start it where it was started.`);
    }
  }
}

function orderOf({ action, seconds = DEFAULT_PAUSE_S }: EngineActionJson): EngineOrder {
  return action === 'pause' ? { action, forMs: seconds * 1000 } : { action };
}

function engineJson(view: EngineView): EngineJson {
  const { name, title, address, answers, state, version, pid, obstacle, resumesAt, last } = view;
  return {
    name,
    title,
    address,
    answers,
    state,
    version: version ?? null,
    pid: pid ?? null,
    obstacle: obstacle ?? null,
    resumes_at: resumesAt === undefined ? null : instant(resumesAt),
    last_action:
      last === undefined
        ? null
        : {
            action: last.action,
            at: instant(last.at),
            took_ms: last.tookMs ?? null,
            error: last.error ?? null,
          },
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
