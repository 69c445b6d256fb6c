import { isIP } from 'node:net';
import { messageOf } from '../../lib/app-error.ts';
import { readSecret } from '../../lib/secret.ts';
import { readTls, type TlsSettings } from '../../lib/tls.ts';

/** One problem of the configuration: where it is, what is there, what is allowed. Never a possible secret. */
export interface ConfigProblem {
  /** Dotted path (`server.port`), the environment variable's name, or the file's. */
  readonly path: string;
  readonly message: string;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value on the path; undefined where there is none. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const part of path) at = isRecord(at) ? at[part] : undefined;
  return at;
}

/**
 * A section of settings that the schema has not checked yet, and the list of problems to add to. Keys are paths within
 * the section (`tls.ca`). A value of a wrong type is as good as none: the schema tells of it.
 */
export class ConfigSection {
  readonly #tree: unknown;
  readonly #path: string;
  readonly #problems: ConfigProblem[];

  constructor(tree: unknown, path: string, problems: ConfigProblem[]) {
    this.#tree = tree;
    this.#path = path;
    this.#problems = problems;
  }

  value(key: string): unknown {
    return valueAt(this.#tree, this.#name(key).split('.'));
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    return typeof value === 'string' ? value : undefined;
  }

  /** The texts of a list. */
  texts(key: string): string[] {
    const value = this.value(key);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }

  say(key: string, message: string): void {
    this.#problems.push({ path: this.#name(key), message });
  }

  /** What `action` returns; what it throws is a problem of the setting. */
  attempt<T>(key: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.say(key, `is wrong: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** What `parse` makes of a text. */
  read<T>(key: string, parse: (text: string) => T): T | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : this.attempt(key, () => parse(text));
  }

  /** Reads a secret or its file; `toldAt` is the setting that has the problem. */
  checkSecret(key: string, toldAt = `${key}File`): void {
    const [text = '', file = ''] = [this.text(key), this.text(`${key}File`)];
    this.attempt(toldAt, () => readSecret({ name: this.#name(key), text, file }));
  }

  /** Reads the certificates of `tls`, and returns them as they are set. */
  checkTls(): Required<TlsSettings> {
    const [ca = '', certificate = '', key = ''] = ['tls.ca', 'tls.certificate', 'tls.key'].map((one) => this.text(one));
    this.attempt('tls', () => readTls(this.#name('tls'), { ca, certificate, key }));
    if (isIP(this.text('tls.serverName') ?? '') !== 0)
      this.say('tls.serverName', 'must be a host name, not an address');
    return { ca, certificate, key };
  }

  #name(key: string): string {
    return `${this.#path}.${key}`;
  }
}
