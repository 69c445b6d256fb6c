import type { FaultRates, GeneratorSettings, Stage } from '../contract/generator.ts';
import { FAULT_NAMES, MOST_STAGES } from '../contract/generator.ts';
import { AppError } from '../lib/app-error.ts';
import { parseDuration } from '../lib/duration.ts';
import { type Faults, parseShare } from './faults.ts';
import { scheduleOf } from './schedule.ts';

const LONGEST_STAGE_MS = 86_400_000;
const MOST_RATE = 1_000_000;

/** How a stage is written, in words. */
export const STAGE_NOTATION = 'TIME:RATE or TIME:RATE:FAULTS, such as 1m:50 or 2m:2000:1%';

/**
 * `1m:50`, `2m:2000:1%` → stages. The time and the rate that it leads to are written as k6 writes them
 * (`--stage 1m:50`); the share of orders with a fault may follow.
 * @throws AppError `usage` that names every stage with a problem by its number, from 1
 */
export function parseStages(texts: readonly string[]): Stage[] {
  const stages: Stage[] = [];
  const problems: string[] = [];
  for (const [at, text] of texts.entries()) {
    const parsed = parseStage(text.trim());
    if (typeof parsed === 'string') problems.push(`stage ${at + 1}, "${text.trim()}": ${parsed}`);
    else stages.push(parsed);
  }
  if (texts.length > MOST_STAGES) problems.push(`${texts.length} stages are too many: ${MOST_STAGES} at most`);
  if (problems.length > 0) throw new AppError('usage', problems.join('; '));
  return stages;
}

/** A stage, or what is wrong with it. */
function parseStage(text: string): Stage | string {
  const [time = '', rate = '', share, ...rest] = text.split(':').map((part) => part.trim());
  const overMs = parseDuration(time);
  const toRate = Number(rate);
  const faults = share === undefined ? undefined : parseShare(share);
  if (rate === '' || rest.length > 0) return `write it as ${STAGE_NOTATION}`;
  if (overMs === undefined) return `"${time}" is no time such as 30s, 5m or 1h`;
  if (overMs > LONGEST_STAGE_MS) return `${time} is too long: a day at most`;
  if (!(toRate >= 0 && toRate <= MOST_RATE)) return `"${rate}" is no rate from 0 to ${MOST_RATE} orders per second`;
  if (share !== undefined && faults === undefined) return `"${share}" is no share such as 1% or 0.01`;
  return { overMs, toRate, ...(faults !== undefined && { faults }) };
}

/**
 * Which faults are injected from which index on, where the schedule's first order has index `first`. A stage that gives
 * a share of its own has the faults of the settings in the same proportions, or all alike where these have none.
 */
export function faultSpansOf(
  { profile, rate, faults }: Pick<GeneratorSettings, 'profile' | 'rate' | 'faults'>,
  first: number,
): Faults {
  if (profile.kind !== 'stages') return faults;
  const schedule = scheduleOf(profile, rate);
  let startMs = 0;
  return profile.stages.map((stage, at) => {
    const from = at === 0 ? 0 : first + Math.ceil(schedule.dueBy(startMs) - 1e-6);
    startMs += stage.overMs;
    return { from, rates: stage.faults === undefined ? faults : scaled(faults, stage.faults) };
  });
}

function scaled(faults: FaultRates, share: number): FaultRates {
  if (share === 0) return new Map();
  const mix = faults.size > 0 ? [...faults] : FAULT_NAMES.map((name) => [name, 1] as const);
  const total = mix.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(mix.map(([name, weight]) => [name, (weight * share) / total]));
}
