import { textOrBase64 } from '../../lib/text-or-base64.ts';
import {
  FAULT_NAMES,
  type FaultName,
  type FaultRates,
  isFaultName,
  SPOILING_FAULTS,
} from '../../producer/faults.ts';
import type { GeneratorChange, GeneratorDesk } from '../../producer/generator-desk.ts';
import type { LoadProfile } from '../../producer/schedule.ts';
import type { GeneratorControl } from '../../server/api/generator/generator.ts';
import type { GeneratorChangeJson, GeneratorJson } from '../../server/api/generator/schemas.ts';
import { randomSeed } from './options.ts';

/** The generator as the REST API steers it. */
export function generatorControl(desk: GeneratorDesk, topic: string): GeneratorControl {
  return {
    faultNames: FAULT_NAMES,
    spoilingFaults: SPOILING_FAULTS,
    status: () => statusJson(desk),
    change: (change) => desk.change(changeOf(change)),
    start: (change) => desk.start(changeOf(change)),
    stop: () => desk.stop(),
    preview: (count) => ({
      messages: desk.preview(count).map(({ index, key, value, fault }) => ({
        index,
        key: key === null ? null : textOrBase64(key),
        value: value === null ? null : textOrBase64(value),
        fault: fault ?? null,
      })),
    }),
    sendOne: async (name) => {
      const { orderUid, fault, partition, offset } = await desk.sendOne(
        SPOILING_FAULTS.find((one) => one === name),
      );
      return { order_uid: orderUid, fault: fault ?? null, topic, partition, offset: Number(offset) };
    },
  };
}

function changeOf({ rate, profile, seed, next_index, count, faults }: GeneratorChangeJson): GeneratorChange {
  return {
    rate,
    profile: profile && profileOf(profile),
    seed: seed === 'auto' ? randomSeed() : seed,
    nextIndex: next_index,
    count,
    faults: faults && ratesOf(faults),
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
  }
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
  }
}

/** Per cent by name → shares. Those of 0 are none. */
function ratesOf(faults: Readonly<Record<string, number | undefined>>): FaultRates {
  const rates = new Map<FaultName, number>();
  for (const [name, percent] of Object.entries(faults))
    if (isFaultName(name) && percent !== undefined && percent > 0) rates.set(name, percent / 100);
  return rates;
}

function statusJson(desk: GeneratorDesk): GeneratorJson {
  const { state, settings, currentRate, lateMs, nextIndex, remaining, counts, startedAt, error } =
    desk.status;
  return {
    state,
    rate: settings.rate,
    profile: profileJson(settings.profile),
    current_rate: Math.round(currentRate * 10) / 10,
    late_ms: Math.round(lateMs),
    seed: settings.seed,
    next_index: nextIndex,
    count: settings.count,
    remaining,
    // A share of 0.07 is 7 per cent, and not 7.000000000000001.
    faults: Object.fromEntries(
      [...settings.faults].map(([name, share]) => [name, Number((share * 100).toPrecision(12))]),
    ),
    counts: {
      generated: counts.generated,
      sent: counts.sent,
      failed: counts.failed,
      in_flight: counts.inFlight,
    },
    started_at: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    error: error ?? null,
    fault_names: [...FAULT_NAMES],
  };
}
