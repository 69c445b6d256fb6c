import { type Command, InvalidArgumentError } from 'commander';
import type { LetterFilter } from '../../dead-letters/filter.ts';
import { type LetterReason, type Position, parsePosition } from '../../dead-letters/letter.ts';
import { isRejectionReason, REJECTION_REASONS } from '../../order/rejection.ts';
import { parseWhen } from '../../order/when.ts';

/** The options that choose dead letters. */
export interface FilterOptions {
  readonly reason?: readonly LetterReason[];
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
}

/** Adds `--reason`, `--since`, `--until` and `--key`. */
export function withFilterOptions(command: Command): Command {
  return command
    .option('--reason <code>', 'rejected for this reason; give it several times for any of them', addReason)
    .option('--since <when>', 'rejected then or later: RFC 3339, or an age such as 90s, 15m, 2h, 7d', instant)
    .option('--until <when>', 'rejected before then', instant)
    .option('--key <text>', 'with exactly this message key');
}

export function filterOf({ reason, since, until, key }: FilterOptions): LetterFilter {
  return {
    ...(reason && { reasons: reason }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(key !== undefined && { key }),
  };
}

/** `3:17` → the position. */
export function positionArgument(text: string): Position {
  const position = parsePosition(text);
  if (position === undefined) throw new InvalidArgumentError('It must be PARTITION:OFFSET, such as 3:17.');
  return position;
}

/** For an argument that may be given several times. */
export function positionArguments(text: string, before: readonly Position[] | undefined): Position[] {
  return [...(before ?? []), positionArgument(text)];
}

function addReason(text: string, before: readonly LetterReason[] | undefined): LetterReason[] {
  if (text !== 'unknown' && !isRejectionReason(text)) {
    throw new InvalidArgumentError(`The reasons are ${REJECTION_REASONS.join(', ')}, unknown.`);
  }
  return [...(before ?? []), text];
}

function instant(text: string): number {
  const at = parseWhen(text, Date.now());
  if (at === undefined) {
    throw new InvalidArgumentError('It must be like 2026-05-04T10:00:00Z, or an age such as 15m.');
  }
  return at;
}
