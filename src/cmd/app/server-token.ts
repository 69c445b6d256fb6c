import { statSync } from 'node:fs';
import { AppError } from '../../lib/app-error.ts';
import { readSecret } from '../../lib/secret.ts';
import { checkToken } from '../../server/http/guards.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import type { Config } from './config-schema.ts';

/**
 * The token the server asks for, empty for none: from the settings or from the file they name.
 * Warns of a file that every user of the machine can read.
 * @throws AppError `config_invalid` when it is set twice, can't be read, or does not protect the server
 */
export function serverToken(server: Config['server'], logger: Logger = silentLogger): string {
  const token = readToken(server, logger);
  checkToken(server, token);
  return token;
}

/** The same, whether or not it protects the server. */
export function readToken({ token, tokenFile }: Config['server'], logger: Logger): string {
  const effective = readSecret({ name: 'server.token', text: token, file: tokenFile });
  if (!/^[!-~]{0,500}$/.test(effective)) {
    const message = `server.tokenFile ${tokenFile} must hold one token of printable ASCII characters`;
    throw new AppError('config_invalid', message);
  }
  if (tokenFile !== '' && (statSync(tokenFile).mode & 0o004) !== 0)
    logger.warn({ file: tokenFile }, 'every user of this machine can read the token: chmod 600 its file');
  return effective;
}
