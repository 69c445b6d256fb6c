/** Every step of the write path a process can die before or in, in their order. */
export const KILL_POINTS = [
  'before BEGIN',
  'after the offsets moved',
  'in the middle of the first COPY',
  'between the COPYs',
  'while changed orders are replaced',
  'before the dead letters',
  'after the dead letters',
  'before COMMIT',
  'after COMMIT, before its answer',
  'after COMMIT, before the commit to Kafka',
] as const;

export type KillPoint = (typeof KILL_POINTS)[number];
