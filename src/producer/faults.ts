import { FAULT_NAMES, type FaultName, type FaultRates, isFaultName } from '../contract/generator.ts';
import { AppError } from '../lib/app-error.ts';
import { hash32 } from './random.ts';

const STREAM = 0x666c74;
const REACH = 64;

/**
 * `malformed=0.5%,duplicate=0.05` → rates. A share is a percentage or a fraction.
 * @throws AppError `usage` naming every problem: unknown names, shares out of range, more than 100 % together
 */
export function parseFaults(text: string): FaultRates {
  const rates = new Map<FaultName, number>();
  const problems: string[] = [];
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const [name = '', share = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const rate = parseShare(share);
    if (!isFaultName(name)) problems.push(`unknown fault "${name}"; allowed: ${FAULT_NAMES.join(', ')}`);
    else if (rate === undefined || rest.length > 0) {
      problems.push(`"${part.trim()}": write it as ${name}=0.5% or ${name}=0.005, from 0 to 100 %`);
    } else if (rates.has(name)) problems.push(`"${name}" stands twice`);
    else rates.set(name, rate);
  }
  const total = rates.values().reduce((sum, rate) => sum + rate, 0);
  if (total > 1 + 1e-9) problems.push(`the shares add up to ${(total * 100).toFixed(2)} %, more than 100 %`);
  if (problems.length > 0) throw new AppError('usage', `--faults: ${problems.join('; ')}`);
  return rates;
}

function parseShare(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text);
  if (match === null) return undefined;
  const rate = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return rate <= 1 ? rate : undefined;
}

/** Which index has which fault: a function of (seed, index) and the rates alone. */
export class FaultPlan {
  readonly #seed: number;
  readonly #limits: readonly (readonly [FaultName, number])[];

  constructor(seed: number, rates: FaultRates) {
    this.#seed = seed;
    let sum = 0;
    this.#limits = FAULT_NAMES.map((name) => {
      sum += rates.get(name) ?? 0;
      return [name, Math.round(sum * 4_294_967_296)] as const;
    });
  }

  /** The fault the plan has for the index. */
  faultAt(index: number): FaultName | undefined {
    const draw = hash32(this.#seed, index, STREAM);
    for (const [name, limit] of this.#limits) if (draw < limit) return name;
    return undefined;
  }

  /** A number that goes with the index, for choosing one of a fault's varieties. */
  varietyAt(index: number): number {
    return hash32(this.#seed, index, STREAM + 1);
  }

  /** How many indexes later an out_of_order message is sent, 1..64. */
  delayAt(index: number): number {
    return 1 + (this.varietyAt(index) % REACH);
  }

  /**
   * The faultless earlier index, not below `first`, that a duplicate or changed message repeats; undefined when there is none
   * near. An order that is ever changed is never resent as it was.
   */
  targetOf(index: number, fault: 'duplicate' | 'changed', first: number): number | undefined {
    const parity = fault === 'changed' ? 1 : 0;
    const from = index - this.delayAt(index);
    for (let target = from; target >= Math.max(first, from - REACH); target -= 1) {
      if (this.varietyAt(target) >>> 31 === parity && this.faultAt(target) === undefined) return target;
    }
    return undefined;
  }
}
