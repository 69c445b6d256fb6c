import { AppError } from '../../lib/app-error.ts';
import { keySlot } from './key-slot.ts';
import type { RedisNode, SlotRange } from './node.ts';

/** A Redis, or the masters of a Redis Cluster, with a connection to each. */
export class RedisNodes {
  readonly all: readonly RedisNode[];
  readonly #bySlot: readonly RedisNode[] | undefined;

  constructor(all: readonly RedisNode[], ranges?: readonly SlotRange[]) {
    this.all = all;
    if (ranges === undefined) return;
    const bySlot: RedisNode[] = [];
    for (const { from, to, address } of ranges) {
      const owner = all.find((node) => node.address === address);
      if (owner !== undefined) for (let slot = from; slot <= to; slot++) bySlot[slot] = owner;
    }
    this.#bySlot = bySlot;
  }

  /** The node that has the key. @throws AppError `cache_unavailable` for a slot that no master serves */
  of(key: string): RedisNode {
    const node = this.#bySlot === undefined ? this.all[0] : this.#bySlot[keySlot(key)];
    if (node === undefined)
      throw new AppError('cache_unavailable', 'no node serves that slot', { retryable: true });
    return node;
  }

  /** The values, in the keys' order; null where there is none. One command, unless the keys are spread over a cluster. */
  async getAll(keys: readonly string[]): Promise<(Buffer | null)[]> {
    const only = this.#bySlot === undefined ? this.all[0] : undefined;
    if (only !== undefined) return await only.bytes.mGet([...keys]);
    return await Promise.all(keys.map((key) => this.of(key).bytes.get(key)));
  }

  /** All servers tell of keys that were read and have changed since. */
  get tracked(): boolean {
    return this.all.every((node) => node.tracked);
  }

  get isCluster(): boolean {
    return this.#bySlot !== undefined;
  }

  /** A hash tag, `{…}`, whose keys are the node's; empty where there is one node only. */
  tagOf(node: RedisNode): string {
    if (this.#bySlot === undefined) return '';
    for (let number = 0; ; number++) if (this.#bySlot[keySlot(`{${number}}`)] === node) return `{${number}}`;
  }

  destroy(): void {
    for (const node of this.all) node.destroy();
  }
}
