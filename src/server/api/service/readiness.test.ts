import { expect, test } from 'bun:test';
import { AppError } from '../../../lib/app-error.ts';
import { silentLogger } from '../../../telemetry/logger.ts';
import { type Ailment, createReadiness, type Probe } from './readiness.ts';

function probe(name: Probe['name'], required: boolean, ailment?: Ailment): Probe {
  return { name, required, check: async () => ailment };
}

test('an engine that answers and can not do its work is not called up, and the reason is told', async () => {
  const ailment = { trouble: 'read_only', reason: 'it takes no writes' } as const;
  const state = await createReadiness([probe('postgresql', true, { ...ailment, bearable: false })], silentLogger)();
  expect(state.status).toBe('unavailable');
  expect(state.engines).toEqual([{ name: 'postgresql', status: 'down', required: true, reason: 'read_only' }]);
});

test('who only reads bears a database that takes no writes, and is degraded', async () => {
  const ailing = probe('postgresql', true, {
    trouble: 'read_only',
    reason: 'it takes no writes',
    bearable: true,
  });
  expect((await createReadiness([ailing, probe('kafka', false)], silentLogger)()).status).toBe('degraded');
});

test('what to do about an engine that refuses us is told, and no more', async () => {
  const advice = 'check the password in postgresql.url';
  const refused = new AppError('database_unavailable', 'login of u at db.example failed', { retryable: true, advice });
  const refusing: Probe = { name: 'postgresql', required: true, check: () => Promise.reject(refused) };
  const { engines } = await createReadiness([refusing], silentLogger)();
  expect(engines).toEqual([{ name: 'postgresql', status: 'down', required: true, advice }]);
  expect(refused.message).toBe(`login of u at db.example failed: ${advice}`);
});

test('however often it is asked, the engines are asked once in the time an answer is good for', async () => {
  let asked = 0;
  const counted: Probe = {
    name: 'kafka',
    required: false,
    check: async () => {
      asked += 1;
      return undefined;
    },
  };
  const readiness = createReadiness([counted], silentLogger, { keepMs: 60_000 });
  for (let at = 0; at < 50; at++) await Promise.all([readiness(), readiness()]);
  expect(asked).toBe(1);
});

test('a role that does not do its work makes the service degraded, and unavailable when it is all there is', async () => {
  const role = (required: boolean) => ({
    name: 'consumer' as const,
    required,
    check: async () => 'no_progress' as const,
  });
  const [beside, alone] = await Promise.all(
    [false, true].map((required) => createReadiness([], silentLogger, { roles: [role(required)] })()),
  );
  expect([beside?.status, alone?.status]).toEqual(['degraded', 'unavailable']);
  expect(alone?.roles).toEqual([{ name: 'consumer', required: true, status: 'not_ready', reason: 'no_progress' }]);
});

test('a role of which nobody can tell counts as ready: the engine that can not tell is down beside it', async () => {
  const check = () => Promise.reject(new Error('kafka is away'));
  const state = await createReadiness([], silentLogger, { roles: [{ name: 'consumer', required: true, check }] })();
  expect(state.status).toBe('ok');
});
