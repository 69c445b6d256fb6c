import type { ConsumerStatus } from '../../consumer/consumer.ts';
import type { ProducerStatus } from '../../producer/producer.ts';
import type { RoleCheck } from '../../server/api/service/readiness.ts';

export interface ConsumerCheckOptions {
  readonly required: boolean;
  /** How long messages may wait while nothing is stored. */
  readonly stallMs: number;
  /** Where each partition ends for readers of committed messages. @throws when Kafka can't tell */
  readonly ends: () => Promise<ReadonlyMap<number, { readonly stableEnd: number }>>;
}

/**
 * Whether a consumer does its work: it is a member of its group, and while there are messages it stores some. Two
 * looks, `stallMs` or more apart, must find it at the same offsets: only then do the messages certainly wait.
 */
export function consumerCheck(
  role: { status(): Pick<ConsumerStatus, 'member' | 'stored' | 'fenced'> },
  options: ConsumerCheckOptions,
): RoleCheck {
  let seen = { offsets: '', at: 0, fenced: 0 };
  return {
    name: 'consumer',
    required: options.required,
    check: async () => {
      const { member, stored, fenced } = role.status();
      if (!member) return 'no_member';
      const ends = await options.ends();
      const waiting = [...stored].some(([partition, offset]) => (ends.get(partition)?.stableEnd ?? 0) > offset);
      const offsets = [...stored].map(([partition, offset]) => `${partition}:${offset}`).join(' ');
      const now = performance.now();
      if (!waiting || offsets !== seen.offsets) seen = { offsets: waiting ? offsets : '', at: now, fenced };
      if (now - seen.at <= options.stallMs || !waiting) return undefined;
      return fenced > seen.fenced ? 'fenced' : 'no_progress';
    },
  };
}

/** Kafka acknowledges a batch in milliseconds; after this long it most likely can't. */
const SILENT_MS = 10_000;

/** Whether what a producer sends is acknowledged. */
export function producerCheck(status: () => Pick<ProducerStatus, 'silentMs'>): RoleCheck {
  return {
    name: 'producer',
    required: true,
    check: async () => (status().silentMs > SILENT_MS ? 'not_acknowledged' : undefined),
  };
}
