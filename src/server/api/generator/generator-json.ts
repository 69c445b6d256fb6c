import {
  FAULT_NAMES,
  type FaultName,
  type FaultRates,
  type GeneratorChange,
  type GeneratorStatus,
  isFaultName,
  type LoadProfile,
  type PreviewedMessage,
  randomSeed,
  type SentOne,
  type Stage,
} from '../../../contract/generator.ts';
import { textOrBase64 } from '../../../lib/printable.ts';
import { badBody } from '../../http/problem.ts';
import type { GeneratorChangeJson, GeneratorJson, PreviewedMessageJson, SentOneJson, StageJson } from './schemas.ts';

/** @throws ProblemError 422 for what the schema can't express */
export function changeOf({
  rate,
  profile,
  seed,
  next_index,
  count,
  faults,
  life,
  time_scale,
}: GeneratorChangeJson): GeneratorChange {
  const total = Object.values(faults ?? {}).reduce<number>((sum, share) => sum + (share ?? 0), 0);
  if (total > 100 + 1e-9) throw badBody('/faults', `must add up to 100 % at most, not ${total} %`);
  if (profile?.kind === 'burst' && profile.for_ms >= profile.every_ms)
    throw badBody('/profile/for_ms', 'must be less than every_ms');
  return {
    rate,
    profile: profile && profileOf(profile),
    seed: seed === 'auto' ? randomSeed() : seed,
    nextIndex: next_index,
    count,
    faults: faults && ratesOf(faults),
    life,
    timeScale: time_scale,
  };
}

function profileOf(profile: NonNullable<GeneratorChangeJson['profile']>): LoadProfile {
  switch (profile.kind) {
    case 'steady':
      return profile;
    case 'burst': {
      const { kind, burst_rate, for_ms, every_ms } = profile;
      return { kind, burstRate: burst_rate, forMs: for_ms, everyMs: every_ms };
    }
    case 'ramp':
      return { kind: profile.kind, toRate: profile.to_rate, overMs: profile.over_ms };
    case 'stages':
      return { kind: profile.kind, stages: profile.stages.map(stageOf) };
  }
}

function stageOf({ to_rate, over_ms, faults }: StageJson): Stage {
  return { toRate: to_rate, overMs: over_ms, ...(faults !== undefined && { faults: faults / 100 }) };
}

function stageJson({ toRate, overMs, faults }: Stage): StageJson {
  return { to_rate: toRate, over_ms: overMs, ...(faults !== undefined && { faults: percentOf(faults) }) };
}

/** A share of 0.07 is 7 per cent, and not 7.000000000000001. */
function percentOf(share: number): number {
  return Number((share * 100).toPrecision(12));
}

function profileJson(profile: LoadProfile): GeneratorJson['profile'] {
  switch (profile.kind) {
    case 'steady':
      return profile;
    case 'burst': {
      const { kind, burstRate, forMs, everyMs } = profile;
      return { kind, burst_rate: burstRate, for_ms: forMs, every_ms: everyMs };
    }
    case 'ramp':
      return { kind: profile.kind, to_rate: profile.toRate, over_ms: profile.overMs };
    case 'stages':
      return { kind: profile.kind, stages: profile.stages.map(stageJson) };
  }
}

/** Per cent by name → shares; those of 0 are left out. */
function ratesOf(faults: Readonly<Record<string, number | undefined>>): FaultRates {
  const rates = new Map<FaultName, number>();
  for (const [name, percent] of Object.entries(faults))
    if (isFaultName(name) && percent !== undefined && percent > 0) rates.set(name, percent / 100);
  return rates;
}

export function statusJson(status: GeneratorStatus): GeneratorJson {
  const {
    state,
    settings,
    currentRate,
    profileMs,
    lateMs,
    nextIndex,
    remaining,
    openOrders,
    counts,
    startedAt,
    error,
  } = status;
  return {
    state,
    rate: settings.rate,
    profile: profileJson(settings.profile),
    current_rate: Math.round(currentRate * 10) / 10,
    profile_ms: profileMs === undefined ? null : Math.max(0, Math.round(profileMs)),
    late_ms: Math.round(lateMs),
    seed: settings.seed,
    next_index: nextIndex,
    count: settings.count,
    remaining,
    faults: Object.fromEntries([...settings.faults].map(([name, share]) => [name, percentOf(share)])),
    life: settings.life,
    time_scale: settings.timeScale,
    open_orders: openOrders,
    injected: status.injected,
    counts: {
      generated: counts.generated,
      sent: counts.sent,
      failed: counts.failed,
      in_flight: counts.inFlight,
      orders: counts.orders,
    },
    started_at: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    error: error ?? null,
    fault_names: [...FAULT_NAMES],
  };
}

export function messageJson({ index, key, value, fault, state }: PreviewedMessage): PreviewedMessageJson {
  return {
    index,
    key: key && textOrBase64(key),
    value: value && textOrBase64(value),
    fault: fault ?? null,
    state: state ?? null,
  };
}

export function sentOneJson({ orderUid, fault, partition, offset }: SentOne, topic: string): SentOneJson {
  return { order_uid: orderUid, fault: fault ?? null, topic, partition, offset: Number(offset) };
}
