import { expect, test } from 'bun:test';
import type { VerifyReport } from '../../../contract/verification.ts';
import { AppError } from '../../../lib/app-error.ts';
import { type VerificationOptions, Verifications } from './runs.ts';
import { verificationJson } from './verifications.ts';

const COUNTS = {
  produced: 9,
  stored: 5,
  deadLettered: 1,
  superseded: 1,
  identical: 1,
  expired: 0,
  pending: 0,
  lost: 1,
  noMessage: 2,
};
const REPORT: VerifyReport = {
  ok: false,
  topic: 'orders',
  group: 'g',
  deadLetterTopic: 'dead',
  partitions: [{ partition: 3, from: 0, to: 11, ...COUNTS }],
  total: COUNTS,
  deadLetters: {
    read: 3,
    byReason: { schema: 1 },
    repeated: 1,
    expired: 0,
    ignored: { otherTopics: 0, beforeLog: 0, afterRange: 1, earlierTopics: 0, compacted: 0 },
  },
  compactedOrders: 0,
  unchecked: ['what nobody can tell'],
  findings: [{ kind: 'lost', count: 1, listed: [{ kind: 'lost', partition: 3, offset: 4, detail: 'gone' }] }],
  seconds: 0.5,
  messagesPerSecond: 18,
};

/** Each verification ends when its promise is settled. */
function setUp() {
  const asked: (VerificationOptions & { settle: PromiseWithResolvers<VerifyReport> })[] = [];
  const verifications = new Verifications((options) => {
    const settle = Promise.withResolvers<VerifyReport>();
    options.signal.addEventListener('abort', () => settle.reject(new AppError('aborted', 'cancelled')));
    asked.push({ ...options, settle });
    return settle.promise;
  });
  const start = (wait = 0) => {
    const { started, verification } = verifications.start({ wait, manifest: undefined, maxFindings: 20 });
    return { started, verification: verificationJson(verification) };
  };
  const find = (id: number) => {
    const found = verifications.find(id);
    return found && verificationJson(found);
  };
  return { verifications, asked, start, find };
}

test('its progress and its report are there to be looked at', async () => {
  const { verifications, asked, start, find } = setUp();
  const { started, verification } = start(7);
  expect({ started, verification }).toMatchObject({
    started: true,
    verification: { id: 1, state: 'running', progress: { phase: 'starting' } },
  });
  expect(asked[0]).toMatchObject({ wait: 7, maxFindings: 20 });
  asked[0]?.onProgress({ phase: 'waiting', waitingFor: 3 });
  expect(find(1)?.progress).toMatchObject({ phase: 'waiting', waiting_for: 3, total: null });
  asked[0]?.onProgress({ phase: 'verifying', done: 4, total: 9, perSecond: 2 });
  expect(find(1)?.progress).toMatchObject({ phase: 'verifying', done: 4, total: 9, per_s: 2 });
  expect(start()).toMatchObject({ started: false, verification: { id: 1 } });
  asked[0]?.settle.resolve(REPORT);
  await verifications.close();
  expect(find(1)).toMatchObject({
    state: 'finished',
    report: {
      ok: false,
      total: { produced: 9, dead_lettered: 1, no_message: 2 },
      partitions: [{ partition: 3, to: 11, lost: 1 }],
      reasons: { schema: 1 },
      dead_letters: { read: 3, repeated: 1, ignored: { other_topics: 0, after_range: 1 } },
      findings: [{ kind: 'lost', listed: [{ offset: 4, order_uid: null, detail: 'gone' }] }],
    },
  });
  expect(find(1)?.ended_at).toBeString();
});

test('one that fails says why; one that is cancelled has failed at nothing', async () => {
  const { verifications, asked, start, find } = setUp();
  start();
  asked[0]?.settle.reject(new AppError('verification_failed', 'Kafka does not answer'));
  expect(await verifications.cancel(1)).toMatchObject({ state: 'failed', error: 'Kafka does not answer' });
  start();
  expect((await verifications.cancel(2))?.error).toBeUndefined();
  expect(find(2)).toMatchObject({ state: 'cancelled', error: null });
  expect(await verifications.cancel(2)).toMatchObject({ state: 'cancelled' });
  expect(await verifications.cancel(9)).toBeUndefined();
});

test('the last ten are kept', async () => {
  const { verifications, start } = setUp();
  for (let id = 1; id <= 12; id++) {
    start();
    await verifications.cancel(id);
  }
  expect(verifications.list().map(({ id }) => id)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});
