import Type, { type Static } from 'typebox';
import { ENGINE_ACTIONS } from '../../../contract/engine.ts';
import type { Problem } from '../../http/problem.ts';
import { InstantSchema, natural, orNull, strict } from '../schemas.ts';

export const ENGINE_ELSEWHERE: Problem = {
  name: 'engine-elsewhere',
  status: 409,
  title: 'This engine can’t be controlled from here',
  advice: 'Only engines that were started from the data folder of this service can.',
};
export const ENGINE_BUSY: Problem = {
  name: 'engine-busy',
  status: 409,
  title: 'Another action on this engine is in progress',
  advice: 'GET /api/v1/engines says which. Try again when it is done.',
};
export const ENGINE_NOT_RUNNING: Problem = {
  name: 'engine-not-running',
  status: 409,
  title: 'The engine is not running',
  advice: 'Start it first.',
};
export const ENGINE_FAILED: Problem = {
  name: 'engine-failed',
  status: 503,
  title: 'The action on the engine failed',
  advice: 'GET /api/v1/engines says why.',
  retryAfterSeconds: 5,
};

/** Engines by name, in a path. */
export const EngineNameSchema = Type.Enum(['postgresql', 'kafka', 'redis']);

/** The default length of a pause. */
export const DEFAULT_PAUSE_S = 10;

/** The state of an engine, and the last action on it. */
export const EngineSchema = Type.Object(
  {
    name: EngineNameSchema,
    title: Type.String({ description: 'The display name' }),
    address: Type.String({ description: 'host:port; of several, the one that answers' }),
    answers: Type.Boolean(),
    state: Type.Enum(['running', 'starting', 'stopping', 'restarting', 'paused', 'stopped', 'unreachable'], {
      description: 'unreachable: if it is running, it is running elsewhere',
    }),
    version: orNull(Type.String(), 'null: unknown'),
    pid: orNull(Type.Integer({ minimum: 1 }), 'null: it is not running, or was not started from this data folder'),
    obstacle: orNull(
      Type.Enum(['engines_off', 'elsewhere']),
      'Why it can’t be controlled from here: local engines are off, or it was not started from this data folder',
    ),
    resumes_at: orNull(InstantSchema, 'When its pause ends by itself'),
    last_action: Type.Union(
      [
        Type.Object(
          {
            action: Type.Enum([...ENGINE_ACTIONS]),
            at: InstantSchema,
            took_ms: orNull(natural(), 'null: it is in progress'),
            error: orNull(Type.String(), 'Why it failed'),
          },
          strict,
        ),
        Type.Null(),
      ],
      { description: 'The last action of this process on it' },
    ),
  },
  { ...strict, $id: 'Engine' },
);

export type EngineJson = Static<typeof EngineSchema>;

/** All engines. */
export const EngineListSchema = Type.Object({ engines: Type.Array(EngineSchema) }, { ...strict, $id: 'EngineList' });

/** An action on an engine. */
export const EngineActionSchema = Type.Object(
  {
    action: Type.Enum([...ENGINE_ACTIONS], {
      description:
        'stop: shut it down. kill: kill -9 of all its processes. start: start it and wait until it answers. restart: stop, then start. pause: ' +
        'suspend all its processes (SIGSTOP). resume: end a pause. An action that is already done changes nothing',
    }),
    seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60,
        default: DEFAULT_PAUSE_S,
        description: 'How long a pause lasts; it ends by itself, even if this service is killed',
      }),
    ),
  },
  { ...strict, $id: 'EngineAction' },
);

export type EngineActionJson = Static<typeof EngineActionSchema>;
