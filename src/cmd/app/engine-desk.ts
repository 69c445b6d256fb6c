import type { EngineControl } from '../../engines/control/engine-control.ts';
import type { EngineView } from '../../engines/control/engine-view.ts';
import type { EngineDesk } from '../../server/api/engines/engines.ts';
import { DEFAULT_PAUSE_S, type EngineJson } from '../../server/api/engines/schemas.ts';

/** The engines as the REST API steers them; an answer waits as long for them. */
export function engineDesk(control: EngineControl, maxWaitMs: number): EngineDesk {
  return {
    maxWaitMs,
    list: async () => (await control.list()).map(engineJson),
    find: async (name) => engineJson(await control.find(name)),
    act: (name, { action, seconds = DEFAULT_PAUSE_S }) =>
      control.act(name, action === 'pause' ? { action, forMs: seconds * 1000 } : { action }),
  };
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
