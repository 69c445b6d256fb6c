import type { RedriveAnswer } from '../../../client/schema.generated.ts';

/** A letter that a patch would change, or to which it does not apply. */
export type PatchSample = NonNullable<RedriveAnswer['samples']>[number];

/** The progress of sending many letters back. */
export interface LetterRun {
  readonly passed: number;
  readonly total: number;
  /** Letters by outcome; in a dry run, by the outcome they would have. */
  readonly counts: Readonly<Record<string, number>>;
  /** In a dry run: letters that would come back, by reason. */
  readonly comeBack: Readonly<Record<string, number>>;
  /** In a dry run with a patch. */
  readonly samples: readonly PatchSample[];
  /** `stopped` until a line says how the run ended. */
  readonly end: 'stopped' | 'complete' | { readonly problem: string };
}

export const NOT_BEGUN: LetterRun = { passed: 0, total: 0, counts: {}, comeBack: {}, samples: [], end: 'stopped' };

/** The run after one more line of the answer. */
export function withLine(run: LetterRun, text: string): LetterRun {
  const line: unknown = JSON.parse(text);
  const progress = member(line, 'progress');
  if (progress !== undefined)
    return {
      ...run,
      passed: Number(member(progress, 'passed')),
      total: Number(member(progress, 'total')),
      counts: countsOf(member(progress, 'counts')),
    };
  const result = member(line, 'result');
  if (member(result, 'complete') !== true) return { ...run, end: { problem: String(member(result, 'reason')) } };
  return {
    ...run,
    passed: run.total,
    counts: countsOf(member(result, 'counts')),
    comeBack: countsOf(member(result, 'would_come_back')),
    samples: samplesOf(member(result, 'samples')),
    end: 'complete',
  };
}

/** From 0 to 100. */
export function percentOf({ passed, total }: LetterRun): number {
  return total === 0 ? 0 : Math.min(100, (passed / total) * 100);
}

function countsOf(value: unknown): Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, count]) => [name, Number(count)]));
}

function samplesOf(value: unknown): readonly PatchSample[] {
  return Array.isArray(value) ? value.filter(isSample) : [];
}

/** The server makes it by the schema that the type comes from. */
function isSample(value: unknown): value is PatchSample {
  return typeof member(value, 'position') === 'string';
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}
