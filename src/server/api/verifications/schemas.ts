import Type, { type Static } from 'typebox';
import { FINDING_KINDS } from '../../../contract/verification.ts';
import type { Problem } from '../../http/problem.ts';
import { InstantSchema, natural, orNull, strict } from '../schemas.ts';

export const VERIFICATION_NOT_FOUND: Problem = {
  name: 'verification-not-found',
  status: 404,
  title: 'There is no such verification',
  advice: 'GET /api/v1/verifications lists the latest ones of this process.',
};
export const VERIFICATION_RUNNING: Problem = {
  name: 'verification-running',
  status: 409,
  title: 'A verification is already running',
  advice: '`running` is its address. Wait for it to end, or cancel it.',
};
export const VERIFICATION_WITHOUT_REPORT: Problem = {
  name: 'verification-without-report',
  status: 409,
  title: 'The verification has no report',
  advice: 'It is running, was cancelled or has failed: its `state` says which. Wait for it to end, or start another.',
};
const counts = {
  produced: natural('The sum of all the following except no_message'),
  stored: natural('Orders that are stored from this very message'),
  dead_lettered: natural(),
  superseded: natural('Replaced by a later message of the same order'),
  identical: natural('Equal to what was already stored'),
  expired: natural('Not stored, and old enough to be of an order that was deleted for its age (retention.days)'),
  pending: natural('The group has not reached it yet; behind an open transaction every offset counts'),
  lost: natural('Neither stored nor a proper dead letter'),
  no_message: natural('Offsets without a message, such as transaction markers'),
};

const FindingSchema = Type.Object(
  {
    partition: orNull(natural()),
    offset: orNull(natural()),
    order_uid: orNull(Type.String()),
    detail: Type.String(),
  },
  strict,
);

const DeadLettersSchema = Type.Object(
  {
    read: natural('Records of the dead-letter topic'),
    repeated: natural('Written again for the same message, as by a consumer that was killed: not an error'),
    expired: natural(
      'Rejected messages without one: the dead-letter topic has lost its oldest records, or is compacted',
    ),
    ignored: Type.Object(
      {
        other_topics: natural(),
        before_log: natural('For messages that have left the log'),
        after_range: natural('For messages that arrived after the start'),
        earlier_topics: natural('For an earlier topic of this name'),
        compacted: natural('For messages that compaction has removed'),
      },
      { ...strict, description: 'Not judged, by reason' },
    ),
  },
  strict,
);

/** The result of a verification. */
const VerificationReportSchema = Type.Object(
  {
    ok: Type.Boolean({
      description: 'Everything is accounted for, and nothing is wrong; a scattered_order alone does not change that',
    }),
    topic: Type.String(),
    dead_letter_topic: Type.String(),
    group: Type.String(),
    total: Type.Object(counts, strict),
    partitions: Type.Array(
      Type.Object(
        {
          partition: natural(),
          from: natural('First offset judged'),
          to: natural('First offset not judged'),
          ...counts,
        },
        strict,
      ),
    ),
    reasons: Type.Record(Type.String(), natural(), {
      description: 'Rejected messages by the reason of their dead letter',
    }),
    dead_letters: DeadLettersSchema,
    manifest: orNull(
      Type.Object(
        {
          bad: natural('Messages that must become dead letters'),
          good: natural('Good orders, such as duplicates'),
          matched: natural('Of both: those that are as injected'),
          resent: natural('Bad messages that stand in the log twice, as after a lost answer of Kafka'),
          before_log: natural('Messages that have left the log'),
        },
        strict,
      ),
      'What was injected; null when that was not checked',
    ),
    compacted_orders: natural('Stored orders whose message compaction has removed: not judged'),
    unchecked: Type.Array(Type.String(), { description: 'What is stored but not checked, or only roughly' }),
    findings: Type.Array(
      Type.Object(
        {
          kind: Type.Enum([...FINDING_KINDS]),
          count: natural(),
          listed: Type.Array(FindingSchema, { description: 'The first of them' }),
        },
        strict,
      ),
    ),
    seconds: Type.Number({ minimum: 0 }),
    messages_per_s: natural(),
  },
  { ...strict, $id: 'VerificationReport' },
);

export type VerificationReportJson = Static<typeof VerificationReportSchema>;

/** A verification: its progress, or its result. */
export const VerificationSchema = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    state: Type.Enum(['running', 'finished', 'failed', 'cancelled']),
    started_at: InstantSchema,
    ended_at: orNull(InstantSchema),
    progress: Type.Object(
      {
        phase: Type.Enum(['starting', 'waiting', 'verifying'], {
          description: 'waiting: until the consumers have stored what is in the log',
        }),
        done: natural('Offsets judged'),
        total: orNull(natural(), 'Offsets to judge; null: not known yet'),
        per_s: orNull(natural(), 'Offsets judged per second so far'),
        waiting_for: orNull(natural(), 'Messages still to be stored'),
      },
      strict,
    ),
    report: orNull(VerificationReportSchema, 'Once it is finished'),
    error: orNull(Type.String(), 'Why it failed'),
  },
  { ...strict, $id: 'Verification' },
);

export type VerificationJson = Static<typeof VerificationSchema>;

/** The last verifications, newest first. */
export const VerificationListSchema = Type.Object(
  { verifications: Type.Array(VerificationSchema) },
  { ...strict, $id: 'VerificationList' },
);

/** The defaults of a request. */
export const VERIFICATION_DEFAULTS = { wait_s: 30, max_findings: 20, manifest: false } as const;

/** How to verify. */
export const VerificationRequestSchema = Type.Object(
  {
    wait_s: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600,
        default: VERIFICATION_DEFAULTS.wait_s,
        description: 'Seconds to wait at most until the consumers have stored everything',
      }),
    ),
    manifest: Type.Optional(
      Type.Boolean({
        default: VERIFICATION_DEFAULTS.manifest,
        description:
          'Check also what the generator of this process has injected, as its manifest says: each such message must be the dead letter, or the order, that it names',
      }),
    ),
    max_findings: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        default: VERIFICATION_DEFAULTS.max_findings,
        description: 'Most findings listed of each kind; all are counted',
      }),
    ),
  },
  { ...strict, $id: 'VerificationRequest' },
);
