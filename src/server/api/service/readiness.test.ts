import { expect, test } from 'bun:test';
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
