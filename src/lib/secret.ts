import { readFileSync } from 'node:fs';
import { AppError, messageOf } from './app-error.ts';

/** A secret of the settings: its text, or the file that holds it (`password` and `passwordFile`); both empty for none. */
export interface SecretSetting {
  /** Path of the setting with the text, such as `kafka.sasl.password`; that of the file's path ends in `File`. */
  readonly name: string;
  readonly text: string;
  readonly file: string;
}

/**
 * The secret as it is now, empty for none. A file is read anew each time, without line ends at its end, so that a
 * rotated secret counts from the next connection on.
 * @throws AppError `config_invalid` when the setting is there twice, or the file can't be read or holds no line of text
 */
export function readSecret({ name, text, file }: SecretSetting): string {
  if (file === '') return text;
  if (text !== '') throw new AppError('config_invalid', `${name} and ${name}File are both set: one is enough`);
  const held = readText(`${name}File`, file).replace(/[\r\n]+$/, '');
  // The secret itself must not get into a message.
  if (held !== '' && !/\p{Cc}/u.test(held)) return held;
  throw new AppError('config_invalid', `${name}File ${file} must hold one line of text, and nothing else`);
}

/**
 * What a file named by the setting holds.
 * @throws AppError `config_invalid`, which shows the name only if it is certainly a path: whoever took the setting for
 *   the text itself has written a secret there
 */
export function readText(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (/^(\/|\.\.?\/|[a-z]:\\)[^\r\n]*$/i.test(file))
      throw new AppError('config_invalid', `can't read ${name}: ${messageOf(error)}`, { cause: error });
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new AppError('config_invalid', `can't read ${name}: ${code}, as a file of the current folder`);
  }
}
