import type { OrderCheck } from '../order/check.ts';
import { type Edit, patchEdit, replacementEdit } from './edit.ts';
import { formatPosition } from './letter.ts';
import type { Recovered, RedriveOutcome } from './redrive.ts';
import type { RedriveRules } from './redrive-plan.ts';
import type { Selection } from './selection.ts';

/** A change of the values: a JSON Patch, or bytes in their place. */
export type RequestedEdit = { readonly patch: readonly unknown[] } | { readonly bytes: Buffer };

export interface RedriveRequest {
  readonly selection: Selection;
  readonly dryRun: boolean;
  readonly maxReplays: number;
  readonly again: boolean;
  readonly edit: RequestedEdit | undefined;
  readonly cursor: string | undefined;
}

export interface RedriveAnswer {
  readonly dry_run: boolean;
  /** Letters by what became of them. */
  readonly counts: Readonly<Record<string, number>>;
  /** In a dry run: those that would be sent and rejected again, by reason. */
  readonly would_come_back?: Readonly<Record<string, number>>;
  readonly outcomes: readonly OutcomeJson[];
  /** Positions where there is no letter. */
  readonly missing: readonly string[];
  /** Letters of an interrupted run, by what was found out about them. */
  readonly recovered: Recovered;
}

interface OutcomeJson {
  readonly position: string;
  readonly outcome: string;
  readonly detail: string;
  /** Where in the letters' own topic it was sent, `partition:offset`. */
  readonly sent_to?: string;
  /** What the consumer would say of what would be sent. */
  readonly check?: OrderCheck;
}

/** How a request is judged. @throws AppError `usage` when its edit is none. */
export function rulesOf({ maxReplays, again, edit }: RedriveRequest, targetTopic: string): RedriveRules {
  return { targetTopic, maxReplays, again, foreign: false, edit: edit && editOf(edit) };
}

function editOf(edit: RequestedEdit): Edit {
  return 'patch' in edit ? patchEdit(edit.patch) : replacementEdit(edit.bytes);
}

/** Gathers what became of the letters of one request; single outcomes are kept where `keeps` says so. */
export class RedriveReport {
  readonly #request: RedriveRequest;
  readonly #keeps: boolean;
  readonly #counts: Record<string, number> = {};
  readonly #comeBack: Record<string, number> = {};
  readonly #outcomes: OutcomeJson[] = [];
  readonly #missing: string[] = [];

  constructor(request: RedriveRequest, keeps: boolean) {
    this.#request = request;
    this.#keeps = keeps;
  }

  /** How many single outcomes it keeps. */
  get length(): number {
    return this.#outcomes.length;
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  add(outcomes: readonly RedriveOutcome[], missing: readonly string[]): void {
    for (const { letter, outcome, detail, sentTo, check } of outcomes) {
      this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
      if (check?.accepted === false) this.#comeBack[check.reason] = (this.#comeBack[check.reason] ?? 0) + 1;
      if (!this.#keeps) continue;
      this.#outcomes.push({
        position: formatPosition(letter),
        outcome,
        detail,
        ...(sentTo && { sent_to: formatPosition(sentTo) }),
        // All that is wrong with each of many would be a long answer.
        ...(check && 'positions' in this.#request.selection && { check }),
      });
    }
    this.#missing.push(...missing);
  }

  answer(recovered: Recovered): RedriveAnswer {
    const { dryRun } = this.#request;
    return {
      dry_run: dryRun,
      counts: this.counts,
      ...(dryRun && { would_come_back: { ...this.#comeBack } }),
      outcomes: this.#outcomes,
      missing: this.#missing,
      recovered,
    };
  }
}
