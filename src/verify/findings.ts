import { FINDING_KINDS, type Finding, type FindingGroup, type FindingKind } from '../contract/verification.ts';

/** Worth knowing, though nothing is wrong with what is stored. */
export const EXPLAINED: ReadonlySet<FindingKind> = new Set(['scattered_order', 'cut_dead_letter']);

type Place = Pick<Finding, 'partition' | 'offset'>;

/**
 * Counts every finding, keeps those of each kind that come first by partition and offset: memory stays bounded however
 * much is wrong, and what is kept does not depend on the order in which it was found.
 */
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
    const { listed } = group;
    const at = placeIn(listed, finding);
    if (at >= this.#perKind) return;
    listed.splice(at, 0, finding);
    if (listed.length > this.#perKind) listed.pop();
  }

  /** What somebody else has found. */
  addGroup({ kind, count, listed }: FindingGroup): void {
    for (const finding of listed) this.add(finding);
    this.addUnlisted(kind, count - listed.length);
  }

  /** More of a kind than can be listed. */
  addUnlisted(kind: FindingKind, count: number): void {
    if (count > 0) this.#group(kind).count += count;
  }

  count(kind: FindingKind): number {
    return this.#groups.get(kind)?.count ?? 0;
  }

  /** Whether a finding of the kind at that place, or at any if there are still few, would be kept. */
  hasRoom(kind: FindingKind, place: Place): boolean {
    const { listed } = this.#group(kind);
    const last = listed[this.#perKind - 1];
    return last === undefined || byPlace(place, last) < 0;
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

/** Those without a partition come first; what has no offset, first in its partition. */
function byPlace(a: Place, b: Place): number {
  return (a.partition ?? -1) - (b.partition ?? -1) || (a.offset ?? -1) - (b.offset ?? -1);
}

function compare(a: Finding, b: Finding): number {
  const text = (one: Finding): string => `${one.orderUid ?? ''} ${one.detail}`;
  return byPlace(a, b) || (text(a) < text(b) ? -1 : Number(text(a) > text(b)));
}

/** Behind all that come before it or are equal. */
function placeIn(listed: readonly Finding[], finding: Finding): number {
  let [from, to] = [0, listed.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const there = listed[middle];
    if (there === undefined || compare(finding, there) < 0) to = middle;
    else from = middle + 1;
  }
  return from;
}
