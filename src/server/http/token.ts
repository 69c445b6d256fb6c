import { AppError } from '../../lib/app-error.ts';
import { isLoopback } from '../../lib/loopback.ts';

const LEAST_CHARACTERS = 16;

/** Where a server can be reached. */
export interface Reach {
  /** Address it is bound to. */
  readonly host: string;
  /** They pass on requests from other machines. */
  readonly trustedProxies?: readonly string[];
}

/** Whether anyone outside this machine can reach the server. */
export function isReachable({ host, trustedProxies = [] }: Reach): boolean {
  return !isLoopback(host) || trustedProxies.length > 0;
}

/** @throws AppError `config_invalid` when a server with this reach and token (empty: none) would not be safe from strangers */
export function checkToken(reach: Reach, token: string): void {
  if (token !== '' && token.length < LEAST_CHARACTERS) {
    throw new AppError(
      'config_invalid',
      `server.token has ${token.length} characters, ${LEAST_CHARACTERS} are the least`,
    );
  }
  if (token === '' && isReachable(reach)) {
    const where = isLoopback(reach.host) ? 'behind server.trustedProxies it' : `server.host ${reach.host}`;
    const message = `${where} can be reached from other machines, so there must be a token: set server.token (TEST_SERVICE_SERVER_TOKEN) or server.tokenFile, or bind to 127.0.0.1 without a proxy; a good one: openssl rand -hex 24`;
    throw new AppError('config_invalid', message);
  }
}
