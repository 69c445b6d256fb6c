import type { Result, Router } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';

const NO_PARAMETERS = {};
const NOTHING: [[]] = [[]];

/**
 * Paths without parameters by a look into a map, the others by one regular expression. A path without parameters wins over one with,
 * whatever its methods are: a method that it does not have is not looked for elsewhere. RegExpRouter alone does not allow such a pair.
 */
export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = 'LiteralFirstRouter';
  /** By path, then by method. */
  readonly #literal = new Map<string, Map<string, Result<T>>>();
  readonly #withParameters = new RegExpRouter<T>();

  add(method: string, path: string, handler: T): void {
    if (path.includes(':')) {
      this.#withParameters.add(method, path, handler);
      return;
    }
    const byMethod = this.#literal.get(path) ?? new Map<string, Result<T>>();
    byMethod.set(method, [[[handler, NO_PARAMETERS]]]);
    this.#literal.set(path, byMethod);
  }

  match(method: string, path: string): Result<T> {
    const own = this.#literal.get(path);
    return own === undefined ? this.#withParameters.match(method, path) : (own.get(method) ?? NOTHING);
  }
}
