/** Everything of a partition below the offset `next` is done with, since `ageMs` ago by the database's clock. */
export interface PartitionProgress {
  readonly next: number;
  readonly ageMs: number;
}
