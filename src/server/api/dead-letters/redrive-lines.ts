import { messageOf } from '../../../lib/app-error.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { problemNameOf } from '../../http/problem.ts';
import type { ProblemName } from '../../http/problem-kinds.ts';

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
    for await (const step of steps) yield step === undefined ? failure('invalid-body') : lineOf(step);
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, 'redrive failed');
    yield failure(problemNameOf(error));
  }
}

function failure(reason: ProblemName): string {
  return `${JSON.stringify({ result: { complete: false, reason } })}\n`;
}

function lineOf({ answer, ...progress }: RedriveStep): string {
  return `${JSON.stringify(answer === undefined ? { progress } : { result: { ...answer, complete: true } })}\n`;
}
