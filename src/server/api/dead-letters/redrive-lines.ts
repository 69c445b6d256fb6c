import { messageOf } from '../../../lib/app-error.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { INTERNAL, INVALID_BODY, type Problem } from '../../http/problem.ts';
import { problemOf } from '../problems.ts';

/** How far a redrive is; the last step has its answer. */
export interface RedriveStep {
  readonly passed: number;
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly answer?: object;
}

/**
 * The steps as lines of NDJSON, RedriveLines. What goes wrong is the last line; a first step that is undefined is a cursor that is none.
 * Nothing is begun before the first line is asked for, and returning early ends the steps.
 */
export async function* redriveLines(
  steps: AsyncGenerator<RedriveStep | undefined>,
  logger: Logger,
): AsyncGenerator<string> {
  try {
    for await (const step of steps) yield step === undefined ? failure(INVALID_BODY) : lineOf(step);
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, 'redrive failed');
    yield failure(problemOf(error) ?? INTERNAL);
  }
}

function failure({ name }: Problem): string {
  return `${JSON.stringify({ result: { complete: false, reason: name } })}\n`;
}

function lineOf({ answer, ...progress }: RedriveStep): string {
  return `${JSON.stringify(answer === undefined ? { progress } : { result: { ...answer, complete: true } })}\n`;
}
