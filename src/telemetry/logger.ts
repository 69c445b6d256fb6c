import { AsyncLocalStorage } from 'node:async_hooks';
import { pino } from 'pino';
import pretty from 'pino-pretty';

/** A message is constant and in lower case, data goes into fields: never an order's body, never a secret. */
export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  /** `level`: writes what is as severe as that, or more, whatever the settings say. */
  child(fields: object, options?: { readonly level: 'info' }): Logger;
}

export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent';
  readonly format: 'auto' | 'pretty' | 'json';
}

/**
 * Logs to standard error, so that standard output is free for data; synchronous, so that nothing is lost at exit.
 * `place` gives more fields for each line, such as the ids of the trace it belongs to.
 */
export function createLogger(settings: LogSettings, place?: () => object | undefined): Logger {
  const human = settings.format === 'pretty' || (settings.format === 'auto' && process.stderr.isTTY);
  const destination = human
    ? pretty({
        destination: 2,
        sync: true,
        colorize: wantsColor(process.stderr.isTTY, process.env),
        ignore: 'pid,hostname',
        singleLine: true,
      })
    : pino.destination({ dest: 2, sync: true });
  const lines = pino({ level: settings.level, base: null, ...(place && { mixin: () => place() ?? {} }) }, destination);
  const sampler = new Sampler(REPEATS);
  process.on('exit', () => sampler.tell());
  return new SampledLogger(lines, sampler);
}

/** How often one logger may say the same within an interval. */
const REPEATS = { most: 10, withinMs: 10_000 } as const;
/** Most messages and clients that one logger counts apart. */
const MOST_APART = 100;

/** Writes a line; `repeated`: for so many. */
type Write = (repeated?: number) => void;

/** Counts what is said too often. */
export class Sampler {
  readonly #most: number;
  readonly #withinMs: number;
  readonly #ends = new Set<() => void>();

  constructor({ most, withinMs }: { readonly most: number; readonly withinMs: number }) {
    this.#most = most;
    this.#withinMs = withinMs;
  }

  /**
   * Begins to count a message; the function counts one more, and writes it unless it is too many. At the end of the
   * interval the last is written for all that were too many, in its own trace, and `over` is called.
   */
  count(over: () => void): (write: Write) => void {
    let said = 0;
    let latest: Write | undefined;
    const end = (): void => {
      clearTimeout(timer);
      this.#ends.delete(end);
      over();
      latest?.(said - this.#most);
    };
    const timer = setTimeout(end, this.#withinMs);
    timer.unref();
    this.#ends.add(end);
    return (write) => {
      said += 1;
      if (said <= this.#most) write();
      else latest = AsyncLocalStorage.bind(write);
    };
  }

  /** Ends all counts now. */
  tell(): void {
    for (const end of this.#ends) end();
  }
}

/**
 * Writes a warning or an error at most ten times in ten seconds. Then one more line has the `repeated` count of those
 * that were held back, with the data of the last. Each child counts each of its messages, and those of each
 * `client` apart as long as they are few, whatever their other data.
 */
export class SampledLogger implements Logger {
  readonly #lines: Logger;
  readonly #sampler: Sampler;
  readonly #counts = new Map<string, (write: Write) => void>();

  constructor(lines: Logger, sampler: Sampler) {
    this.#lines = lines;
    this.#sampler = sampler;
  }

  error(fields: object, message: string): void {
    this.#sample('error', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#sample('warn', fields, message);
  }

  info(fields: object, message: string): void {
    this.#lines.info(fields, message);
  }

  debug(fields: object, message: string): void {
    this.#lines.debug(fields, message);
  }

  child(fields: object, options?: { readonly level: 'info' }): Logger {
    return new SampledLogger(this.#lines.child(fields, options), this.#sampler);
  }

  #sample(level: 'error' | 'warn', fields: object, message: string): void {
    const ofClient = 'client' in fields ? `${message} ${fields.client}` : message;
    const key = this.#counts.has(ofClient) || this.#counts.size < MOST_APART ? ofClient : message;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = this.#sampler.count(() => this.#counts.delete(key));
      this.#counts.set(key, count);
    }
    count((repeated) => this.#lines[level](repeated === undefined ? fields : { ...fields, repeated }, message));
  }
}

/** Colour on a terminal, unless NO_COLOR is set. https://no-color.org */
export function wantsColor(terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return terminal && (env['NO_COLOR'] ?? '') === '';
}

/** Drops everything; for tests and tools. */
export const silentLogger: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  child: () => silentLogger,
};
