import { AppError, messageOf } from '../../lib/app-error.ts';
import {
  VERIFICATION_DEFAULTS,
  type VerificationJson,
  type VerificationReportJson,
  type VerificationRequestJson,
} from '../../server/api/verifications/schemas.ts';
import type { VerificationDesk } from '../../server/api/verifications/verifications.ts';
import type { Finding } from '../../verify/findings.ts';
import type { VerifyReport } from '../../verify/report.ts';
import type { PartitionCounts } from '../../verify/tally.ts';
import type { VerifyProgress } from './verify-leash.ts';
import type { VerifyProcessOptions } from './verify-process.ts';

const KEPT = 10;
const NO_PROGRESS = { done: 0, total: null, per_s: null, waiting_for: null } as const;

type Verify = (options: VerifyProcessOptions) => Promise<VerifyReport>;

interface Run {
  now: VerificationJson;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
}

/** The verifications of this process: one at a time, the last ten kept. */
export class Verifications implements VerificationDesk {
  readonly #verify: Verify;
  readonly #runs: Run[] = [];
  #lastId = 0;

  /** `verify` does one. */
  constructor(verify: Verify) {
    this.#verify = verify;
  }

  list(): VerificationJson[] {
    return this.#runs.map(({ now }) => now);
  }

  find(id: number): VerificationJson | undefined {
    return this.#run(id)?.now;
  }

  start(request: VerificationRequestJson) {
    const { wait_s: wait, max_findings: maxFindings } = { ...VERIFICATION_DEFAULTS, ...request };
    const [newest] = this.#runs;
    if (newest?.now.state === 'running') return { started: false, verification: newest.now };
    const id = ++this.#lastId;
    const cancel = new AbortController();
    const now: VerificationJson = {
      id,
      state: 'running',
      started_at: new Date().toISOString(),
      ended_at: null,
      progress: { ...NO_PROGRESS, phase: 'starting' },
      report: null,
      error: null,
    };
    const change = (changes: Partial<VerificationJson>): void => {
      run.now = { ...run.now, ...changes };
    };
    const onProgress = (progress: VerifyProgress): void => change({ progress: progressJson(progress) });
    const ended = this.#verify({ wait, maxFindings, onProgress, signal: cancel.signal })
      .then(
        (report) => change({ state: 'finished', report: reportJson(report) }),
        (error: unknown) =>
          isCancelled(error)
            ? change({ state: 'cancelled' })
            : change({ state: 'failed', error: messageOf(error) }),
      )
      .finally(() => change({ ended_at: new Date().toISOString() }));
    const run: Run = { now, cancel, ended };
    this.#runs.unshift(run);
    this.#runs.splice(KEPT);
    return { started: true, verification: now };
  }

  async cancel(id: number): Promise<VerificationJson | undefined> {
    const run = this.#run(id);
    run?.cancel.abort();
    await run?.ended;
    return run?.now;
  }

  /** Ends what runs. */
  async close(): Promise<void> {
    for (const { cancel } of this.#runs) cancel.abort();
    await Promise.all(this.#runs.map(({ ended }) => ended));
  }

  #run(id: number): Run | undefined {
    return this.#runs.find(({ now }) => now.id === id);
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'aborted';
}

function progressJson(progress: VerifyProgress): VerificationJson['progress'] {
  return progress.phase === 'waiting'
    ? { ...NO_PROGRESS, phase: 'waiting', waiting_for: progress.waitingFor }
    : {
        ...NO_PROGRESS,
        phase: 'verifying',
        done: progress.done,
        total: progress.total,
        per_s: progress.perSecond,
      };
}

function reportJson(report: VerifyReport): VerificationReportJson {
  const { ok, topic, deadLetterTopic, group, total, partitions, deadLetters, findings, seconds } = report;
  const { ignored } = deadLetters;
  return {
    ok,
    topic,
    dead_letter_topic: deadLetterTopic,
    group,
    total: countsJson(total),
    partitions: partitions.map(({ partition, from, to, ...counts }) => ({
      partition,
      from,
      to,
      ...countsJson(counts),
    })),
    reasons: { ...deadLetters.byReason },
    dead_letters: {
      read: deadLetters.read,
      repeated: deadLetters.repeated,
      expired: deadLetters.expired,
      ignored: {
        other_topics: ignored.otherTopics,
        before_log: ignored.beforeLog,
        after_range: ignored.afterRange,
        earlier_topics: ignored.earlierTopics,
        compacted: ignored.compacted,
      },
    },
    compacted_orders: report.compactedOrders,
    unchecked: [...report.unchecked],
    findings: findings.map(({ kind, count, listed }) => ({ kind, count, listed: listed.map(findingJson) })),
    seconds,
    messages_per_s: report.messagesPerSecond,
  };
}

function countsJson(counts: Readonly<PartitionCounts>): VerificationReportJson['total'] {
  const { produced, stored, deadLettered, superseded, identical, pending, lost, noMessage } = counts;
  return {
    produced,
    stored,
    dead_lettered: deadLettered,
    superseded,
    identical,
    pending,
    lost,
    no_message: noMessage,
  };
}

function findingJson({ partition, offset, orderUid, detail }: Finding) {
  return { partition: partition ?? null, offset: offset ?? null, order_uid: orderUid ?? null, detail };
}
