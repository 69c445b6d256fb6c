import type { Generator, GeneratorChange, LoadProfile } from '../../../client/schema.generated.ts';

/** The form, as typed. */
export interface LoadDraft {
  readonly rate: number | string;
  readonly count: string;
  readonly seed: string;
  readonly kind: LoadProfile['kind'];
  readonly burstRate: string;
  readonly forMs: string;
  readonly everyMs: string;
  readonly toRate: string;
  readonly overMs: string;
  /** Percent by fault. */
  readonly faults: Readonly<Record<string, string>>;
}

/** The generator's settings as the form shows them. */
export function draftOf({ rate, count, seed, profile, faults }: Generator): LoadDraft {
  return {
    rate,
    count: count === null ? '' : String(count),
    seed: String(seed),
    kind: profile.kind,
    burstRate: String(profile.kind === 'burst' ? profile.burst_rate : rate * 10),
    forMs: String(profile.kind === 'burst' ? profile.for_ms : 1000),
    everyMs: String(profile.kind === 'burst' ? profile.every_ms : 10_000),
    toRate: String(profile.kind === 'ramp' ? profile.to_rate : rate * 10),
    overMs: String(profile.kind === 'ramp' ? profile.over_ms : 60_000),
    faults: Object.fromEntries(Object.entries(faults).map(([name, percent]) => [name, String(percent)])),
  };
}

/** The form as a change. The seed is sent only if it differs from `seed`, because sending one restarts the sequence. */
export function changeOf(draft: LoadDraft, seed: number): GeneratorChange {
  const given = Object.entries(draft.faults).filter(([, percent]) => Number(percent) > 0);
  return {
    rate: Number(draft.rate),
    profile: profileOf(draft),
    count: draft.count.trim() === '' ? null : Number(draft.count),
    faults: Object.fromEntries(given.map(([name, percent]) => [name, Number(percent)])),
    ...(Number(draft.seed) !== seed && { seed: draft.seed.trim() === '' ? 'auto' : Number(draft.seed) }),
  };
}

function profileOf(draft: LoadDraft): LoadProfile {
  switch (draft.kind) {
    case 'steady':
      return { kind: 'steady' };
    case 'burst':
      return {
        kind: 'burst',
        burst_rate: Number(draft.burstRate),
        for_ms: Number(draft.forMs),
        every_ms: Number(draft.everyMs),
      };
    case 'ramp':
      return { kind: 'ramp', to_rate: Number(draft.toRate), over_ms: Number(draft.overMs) };
  }
}

const DECADES = 6;

/** 0.1 to 100,000 a second on a slider of 0 to 100. */
export function rateOfSlider(position: number): number {
  const rate = 10 ** ((position / 100) * DECADES - 1);
  return Number(rate.toPrecision(2));
}

/** The opposite; rates out of range are at its ends. */
export function sliderOfRate(rate: number): number {
  if (!(rate > 0.1)) return 0;
  return Math.min(100, ((Math.log10(rate) + 1) / DECADES) * 100);
}
