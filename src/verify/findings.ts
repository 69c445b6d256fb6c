import { FINDING_KINDS, type Finding, type FindingGroup, type FindingKind } from '../contract/verification.ts';

/** Worth knowing, though nothing is wrong with what is stored. */
export const EXPLAINED: ReadonlySet<FindingKind> = new Set(['scattered_order', 'cut_dead_letter']);

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
