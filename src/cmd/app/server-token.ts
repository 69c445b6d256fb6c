import { readFileSync, statSync } from 'node:fs';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { checkToken } from '../../server/http/guards.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import type { Config } from './config-schema.ts';

/**
 * The token the server asks for, empty for none: from the settings or from the file they name.
 * Warns of a file that every user of the machine can read.
 * @throws AppError `config_invalid` when it is set twice, can't be read, or does not protect the server
 */
export function serverToken(server: Config['server'], logger: Logger = silentLogger): string {
  const { token, tokenFile } = server;
  if (token !== '' && tokenFile !== '')
    throw new AppError('config_invalid', 'server.token and server.tokenFile are both set: one is enough');
  const effective = tokenFile === '' ? token : readTokenFile(tokenFile);
  checkToken(server, effective);
  if (tokenFile !== '' && (statSync(tokenFile).mode & 0o004) !== 0)
    logger.warn({ file: tokenFile }, 'every user of this machine can read the token: chmod 600 its file');
  return effective;
}

function readTokenFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new AppError('config_invalid', `can't read server.tokenFile: ${messageOf(error)}`, { cause: error });
  }
  if (/^[!-~]{1,500}$/.test(text)) return text;
  throw new AppError('config_invalid', `server.tokenFile ${file} must hold one token of printable ASCII characters`);
}
