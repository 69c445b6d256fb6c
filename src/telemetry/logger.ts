import { pino } from 'pino';
import pretty from 'pino-pretty';

/** A message is constant and in lower case, data goes into fields: never an order's body, never a secret. */
export interface Logger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  child(fields: object): Logger;
}

export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug' | 'silent';
  readonly format: 'auto' | 'pretty' | 'json';
}

/** Logs to standard error, so that standard output is free for data; synchronous, so that nothing is lost at exit. */
export function createLogger(settings: LogSettings): Logger {
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
  return pino({ level: settings.level, base: null }, destination);
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
