import Type from 'typebox';
import type { Generator } from '../../../contract/generator.ts';
import type { Finding, PartitionCounts, VerifyProgress, VerifyReport } from '../../../contract/verification.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { ProblemError } from '../../http/problem.ts';
import { basePathOf } from '../../http/proxy.ts';
import { NO_STORE } from '../../http/reply.ts';
import type { Verification, Verifications } from './runs.ts';
import {
  VERIFICATION_DEFAULTS,
  VERIFICATION_NOT_FOUND,
  VERIFICATION_RUNNING,
  VERIFICATION_WITHOUT_REPORT,
  type VerificationJson,
  VerificationListSchema,
  type VerificationReportJson,
  VerificationRequestSchema,
  VerificationSchema,
} from './schemas.ts';

const PATH = '/api/v1/verifications';
const COMMON = { tag: 'verification', access: 'guarded', ofFirstProcess: true } as const;
const params = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });
const ONE = { description: 'Its progress, or its result', schema: VerificationSchema } as const;

export type VerificationRuns = Pick<Verifications, 'list' | 'find' | 'start' | 'cancel'>;

export interface VerificationServices {
  readonly verifications: VerificationRuns;
  /** The report as `test-service verify` prints it. */
  readonly verificationText: (report: VerifyReport) => string;
  readonly generator: Pick<Generator, 'manifest'>;
}

/** `/api/v1/verifications`: prove in the background that nothing was lost, follow that, cancel it. */
export function verificationEndpoints({
  verifications,
  verificationText,
  generator,
}: VerificationServices): Endpoint[] {
  const none = (id: number) => new ProblemError(VERIFICATION_NOT_FOUND, undefined, { id });
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: PATH,
        operationId: 'listVerifications',
        summary: 'The last verifications of this process, newest first',
        responses: { 200: { description: 'At most ten', schema: VerificationListSchema } },
      },
      () => ({ status: 200, json: { verifications: verifications.list().map(verificationJson) }, headers: NO_STORE }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: PATH,
        operationId: 'startVerification',
        summary: 'Check every message of the topic against PostgreSQL and the dead letters, in the background',
        description:
          'Does what `test-service verify` does, in a process of its own. It changes nothing. Messages that arrive after its start are left out.',
        body: jsonBody(VerificationRequestSchema),
        responses: { 202: { ...ONE, description: 'It has started', headers: { Location: 'Where to follow it' } } },
        problems: [VERIFICATION_RUNNING],
      },
      ({ body, raw }) => {
        const { wait_s: wait, max_findings: maxFindings, manifest } = { ...VERIFICATION_DEFAULTS, ...body };
        const { started, verification } = verifications.start({
          wait,
          maxFindings,
          manifest: manifest ? generator.manifest : undefined,
        });
        const location = `${basePathOf(raw)}${PATH}/${verification.id}`;
        if (!started) throw new ProblemError(VERIFICATION_RUNNING, undefined, { running: location }, { location });
        return { status: 202, json: verificationJson(verification), headers: { ...NO_STORE, location } };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: `${PATH}/{id}`,
        operationId: 'getVerification',
        summary: 'The progress of a verification, or its result',
        params,
        responses: { 200: ONE },
        problems: [VERIFICATION_NOT_FOUND],
      },
      ({ params: { id } }) => {
        const found = verifications.find(id);
        if (found === undefined) throw none(id);
        return { status: 200, json: verificationJson(found), headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: `${PATH}/{id}/report.txt`,
        operationId: 'getVerificationText',
        summary: 'The result of a verification as `test-service verify` prints it',
        params,
        responses: { 200: { description: 'The report', contentTypes: ['text/plain'] } },
        problems: [VERIFICATION_NOT_FOUND, VERIFICATION_WITHOUT_REPORT],
      },
      ({ params: { id } }) => {
        const found = verifications.find(id);
        if (found === undefined) throw none(id);
        const { report } = found;
        if (report === undefined) throw new ProblemError(VERIFICATION_WITHOUT_REPORT);
        const headers = { ...NO_STORE, 'content-type': 'text/plain; charset=utf-8' };
        return { status: 200, body: `${verificationText(report)}\n`, headers };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: `${PATH}/{id}/cancel`,
        operationId: 'cancelVerification',
        summary: 'Cancel a running verification; one that has ended stays as it is',
        params,
        responses: { 200: ONE },
        problems: [VERIFICATION_NOT_FOUND],
      },
      async ({ params: { id } }) => {
        const found = await verifications.cancel(id);
        if (found === undefined) throw none(id);
        return { status: 200, json: verificationJson(found), headers: NO_STORE };
      },
    ),
  ];
}

export function verificationJson(verification: Verification): VerificationJson {
  const { id, state, startedAt, endedAt, progress, report, error } = verification;
  return {
    id,
    state,
    started_at: new Date(startedAt).toISOString(),
    ended_at: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    progress: progressJson(progress),
    report: report === undefined ? null : reportJson(report),
    error: error ?? null,
  };
}

function progressJson(progress: VerifyProgress | undefined): VerificationJson['progress'] {
  const none = { phase: 'starting', done: 0, total: null, per_s: null, waiting_for: null } as const;
  if (progress === undefined) return none;
  if (progress.phase === 'waiting') return { ...none, phase: 'waiting', waiting_for: progress.waitingFor };
  const { phase, done, total, perSecond } = progress;
  return { ...none, phase, done, total, per_s: perSecond };
}

function reportJson(report: VerifyReport): VerificationReportJson {
  const { ok, topic, deadLetterTopic, group, total, partitions, deadLetters, manifest, findings, seconds } = report;
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
    manifest: manifest === undefined ? null : manifestJson(manifest),
    compacted_orders: report.compactedOrders,
    unchecked: [...report.unchecked],
    findings: findings.map(({ kind, count, listed }) => ({ kind, count, listed: listed.map(findingJson) })),
    seconds,
    messages_per_s: report.messagesPerSecond,
  };
}

function manifestJson({ bad, good, matched, resent, beforeLog }: NonNullable<VerifyReport['manifest']>) {
  return { bad, good, matched, resent, before_log: beforeLog };
}

function countsJson(counts: Readonly<PartitionCounts>): VerificationReportJson['total'] {
  const { produced, stored, deadLettered, superseded, identical, expired, pending, lost, noMessage } = counts;
  return {
    produced,
    stored,
    dead_lettered: deadLettered,
    superseded,
    identical,
    expired,
    pending,
    lost,
    no_message: noMessage,
  };
}

function findingJson({ partition, offset, orderUid, detail }: Finding) {
  return { partition: partition ?? null, offset: offset ?? null, order_uid: orderUid ?? null, detail };
}
