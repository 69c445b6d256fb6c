import type { DeadLetterTimeline } from '../../../client/schema.generated.ts';
import { REASONS, type Reason } from './letter-query.ts';

const COLOURS = [1, 2, 3, 4, 5, 6, 7] as const;

/** The letters of one reason, or of all reasons without a layer of their own. */
export interface Layer {
  readonly reason: Reason | 'others';
  /** A number of the palette; the last is for the others. */
  readonly colour: number;
  readonly total: number;
  /** By bucket. */
  readonly counts: readonly number[];
  /** By bucket, including the layers below. */
  readonly tops: number[];
}

export interface Layers {
  /** The start of each bucket, Unix seconds. */
  readonly at: number[];
  /** From the bottom up. */
  readonly layers: readonly Layer[];
}

/**
 * Letters over time in layers, to be drawn one behind the other. The most frequent reasons have a layer each, in a
 * fixed order.
 */
export function layersOf({ since, until, bucket_ms, by_reason }: DeadLetterTimeline): Layers {
  const start = Date.parse(since) / 1000;
  const step = bucket_ms / 1000;
  const at = Array.from(
    { length: Math.round((Date.parse(until) / 1000 - start) / step) },
    (_, index) => start + index * step,
  );
  const zeros = at.map(() => 0);
  const present = REASONS.filter((reason) => by_reason[reason] !== undefined);
  const total = (reason: Reason) => sum(by_reason[reason] ?? []);
  const own = new Set(
    [...present]
      .sort((a, b) => total(b) - total(a))
      .slice(0, present.length > COLOURS.length ? COLOURS.length - 1 : COLOURS.length),
  );
  const rest = present.filter((reason) => !own.has(reason));
  const kinds: { reason: Layer['reason']; counts: readonly number[] }[] = present
    .filter((reason) => own.has(reason))
    .map((reason) => ({ reason, counts: by_reason[reason] ?? zeros }));
  if (rest.length > 0)
    kinds.push({
      reason: 'others',
      counts: rest.reduce((all, one) => added(all, by_reason[one] ?? zeros), zeros),
    });
  let below: number[] = zeros;
  const layers = kinds.map(({ reason, counts }, index): Layer => {
    below = added(below, counts);
    return { reason, colour: COLOURS[index] ?? COLOURS.length, total: sum(counts), counts, tops: below };
  });
  return { at, layers };
}

/** The layer drawn at a height of a bucket, if there is one. */
export function layerAt({ layers }: Layers, bucket: number, height: number): Layer | undefined {
  return layers.find(({ tops, counts }) => (counts[bucket] ?? 0) > 0 && height <= (tops[bucket] ?? 0));
}

function added(a: readonly number[], b: readonly number[]): number[] {
  return a.map((one, index) => one + (b[index] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
