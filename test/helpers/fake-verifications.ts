import type { VerificationJson } from '../../src/server/api/verifications/schemas.ts';
import type { VerificationDesk } from '../../src/server/api/verifications/verifications.ts';

const RUNNING: VerificationJson = {
  id: 1,
  state: 'running',
  started_at: '2026-01-01T00:00:00.000Z',
  ended_at: null,
  progress: { phase: 'verifying', done: 5, total: 10, per_s: 5, waiting_for: null },
  report: null,
  error: null,
};

/** Verifications in memory, none at first; the one that is started runs until it is cancelled. */
export function fakeVerifications(): VerificationDesk {
  const all: VerificationJson[] = [];
  const find = (id: number) => all.find((one) => one.id === id);
  return {
    list: () => all,
    find,
    start: () => {
      const [newest] = all;
      if (newest?.state === 'running') return { started: false, verification: newest };
      const verification = { ...RUNNING, id: all.length + 1 };
      all.unshift(verification);
      return { started: true, verification };
    },
    cancel: async (id) => {
      const found = find(id);
      if (found?.state !== 'running') return found;
      const cancelled = { ...found, state: 'cancelled' as const, ended_at: found.started_at };
      all[all.indexOf(found)] = cancelled;
      return cancelled;
    },
  };
}
