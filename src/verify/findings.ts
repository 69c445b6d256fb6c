/**
 * What can be wrong. `pending` and `not_yet_stored` may come right by themselves; nothing else does.
 * - `lost`: an accepted order that is not stored although its offset was passed;
 * - `lost_update`: the stored order is an older one than the last accepted message says;
 * - `altered`: the stored order differs from the message it came from;
 * - `phantom_order`: a stored order names a message that is not there, or is not that order;
 * - `items_without_order`, `order_without_items`: half of an order;
 * - `missing_dead_letter`: a rejected message without one; `altered_dead_letter`: with one that holds other bytes, key or
 *   headers; `wrong_reason`: with one that gives another reason;
 * - `wrongly_dead_lettered`: a dead letter of a good order, or of no message at all; `foreign_dead_letter`: one that does not say of
 *   which message it is;
 * - `cut_dead_letter`: one that holds only a part, as its topic takes no more. It is explained, and nothing is wrong;
 * - `lost_range`: messages that left the log before they were stored;
 * - `log_cut`: a log that was cut below what had been stored of it; it was read on from the cut, so no message of it is missing;
 * - `offset_past_end`: the stored offset lies behind the log's end; `offset_moved_back`: orders ahead of it are stored already;
 * - `manifest_mismatch`: what happened is not what was injected;
 * - `scattered_order`: its versions came from several partitions, so that clocks decide which is the newest. It is stored, or else
 *   there is a `lost_update`, too;
 * - `pending`: acknowledged messages behind an open transaction, which no reader of committed messages sees yet;
 * - `not_yet_stored`: the group has not come so far.
 */
export const FINDING_KINDS = [
  'lost',
  'lost_update',
  'altered',
  'phantom_order',
  'items_without_order',
  'order_without_items',
  'missing_dead_letter',
  'altered_dead_letter',
  'wrong_reason',
  'wrongly_dead_lettered',
  'foreign_dead_letter',
  'cut_dead_letter',
  'lost_range',
  'log_cut',
  'offset_past_end',
  'offset_moved_back',
  'manifest_mismatch',
  'scattered_order',
  'pending',
  'not_yet_stored',
] as const;

/** What is named because somebody ought to know of it; nothing is wrong with what is stored. */
export const EXPLAINED: ReadonlySet<FindingKind> = new Set(['scattered_order', 'cut_dead_letter']);

export type FindingKind = (typeof FINDING_KINDS)[number];

/** One thing that is wrong, and where. Never says more of an order than its uid and the path of a field. */
export interface Finding {
  readonly kind: FindingKind;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly orderUid?: string | undefined;
  readonly detail: string;
}

/** How often a kind was found, and the first of them. */
export interface FindingGroup {
  readonly kind: FindingKind;
  readonly count: number;
  readonly listed: readonly Finding[];
}

/** Counts every finding, keeps the first of each kind: memory stays bounded however much is wrong. */
export class Findings {
  readonly #perKind: number;
  readonly #groups = new Map<FindingKind, { count: number; listed: Finding[] }>();

  /** `perKind`: most findings of a kind that are kept. */
  constructor(perKind: number) {
    this.#perKind = perKind;
  }

  /** How many of a kind are worth looking up in detail. */
  get limit(): number {
    return this.#perKind;
  }

  add(finding: Finding): void {
    const group = this.#group(finding.kind);
    group.count += 1;
    if (group.listed.length < this.#perKind) group.listed.push(finding);
  }

  /** More of a kind than can be listed. */
  addUnlisted(kind: FindingKind, count: number): void {
    if (count > 0) this.#group(kind).count += count;
  }

  count(kind: FindingKind): number {
    return this.#groups.get(kind)?.count ?? 0;
  }

  /** Whether another finding of the kind would be kept. */
  hasRoom(kind: FindingKind): boolean {
    return this.#group(kind).listed.length < this.#perKind;
  }

  /** The kinds that were found, in the order of FINDING_KINDS. */
  groups(): FindingGroup[] {
    return FINDING_KINDS.flatMap((kind) => {
      const group = this.#groups.get(kind);
      return group === undefined || group.count === 0 ? [] : [{ kind, ...group }];
    });
  }

  #group(kind: FindingKind): { count: number; listed: Finding[] } {
    const known = this.#groups.get(kind);
    if (known !== undefined) return known;
    const group = { count: 0, listed: [] };
    this.#groups.set(kind, group);
    return group;
  }
}
