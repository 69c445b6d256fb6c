import { AppError } from '../lib/app-error.ts';
import { isLoopback } from '../lib/loopback.ts';

const LEAST_CHARACTERS = 16;

/** @throws AppError `config_invalid` when a server at `host` with this token (empty: none) would not be safe from strangers */
export function checkToken(host: string, token: string): void {
  if (token !== '' && token.length < LEAST_CHARACTERS) {
    throw new AppError(
      'config_invalid',
      `server.token has ${token.length} characters, ${LEAST_CHARACTERS} are the least`,
    );
  }
  if (token === '' && !isLoopback(host)) {
    const message = `server.host ${host} can be reached from other machines, so there must be a token: set server.token (TEST_SERVICE_SERVER_TOKEN) or server.tokenFile, or bind to 127.0.0.1; a good one: openssl rand -hex 24`;
    throw new AppError('config_invalid', message);
  }
}
