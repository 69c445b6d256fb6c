import type { Verification } from '../../src/server/api/verifications/runs.ts';
import type { VerificationRuns } from '../../src/server/api/verifications/verifications.ts';

const RUNNING: Verification = {
  id: 1,
  state: 'running',
  startedAt: Date.parse('2026-01-01T00:00:00Z'),
  progress: { phase: 'verifying', done: 5, total: 10, perSecond: 5 },
};

/** Verifications in memory, none at first; the one that is started runs until it is cancelled. */
export function fakeVerifications(): VerificationRuns {
  const all: Verification[] = [];
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
      const cancelled: Verification = { ...found, state: 'cancelled', endedAt: found.startedAt };
      all[all.indexOf(found)] = cancelled;
      return cancelled;
    },
  };
}
