import type { Result, Router } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';

const NO_PARAMETERS = {};

/**
 * Paths without parameters by a look into a map, the others by one regular expression. A path without parameters wins over one with,
 * so that both may match; RegExpRouter alone takes no such pair.
 */
export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = 'LiteralFirstRouter';
  readonly #literal = new Map<string, Map<string, Result<T>>>();
  readonly #withParameters = new RegExpRouter<T>();

  add(method: string, path: string, handler: T): void {
    if (path.includes(':')) {
      this.#withParameters.add(method, path, handler);
      return;
    }
    const byPath = this.#literal.get(method) ?? new Map<string, Result<T>>();
    byPath.set(path, [[[handler, NO_PARAMETERS]]]);
    this.#literal.set(method, byPath);
  }

  match(method: string, path: string): Result<T> {
    return this.#literal.get(method)?.get(path) ?? this.#withParameters.match(method, path);
  }
}
