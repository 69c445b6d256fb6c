import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { type Address, formatAddress } from '../../../lib/address.ts';
import { AppError } from '../../../lib/app-error.ts';
import { certificateTrouble } from '../../../lib/tls.ts';
import { type CommonOptions, configFrom, withCommonOptions } from '../context.ts';

const TIMEOUT_MS = 4_000;

/** `health`: whether the process that has these settings answers; for health checks of containers. */
export function healthCommand(): Command {
  return withCommonOptions(new Command('health'))
    .description('ask the process that runs here with these settings whether it answers')
    .addHelpText(
      'after',
      '\nExample:\n  test-service health || echo it is down\n\nAsks /healthz at server.port and, where it is set, at ops.port. Exit code 1 when neither answers.',
    )
    .action(async (options: CommonOptions) => {
      const { server, ops } = configFrom(options);
      const places = [
        { ...reachable(server), scheme: server.tls.certificate === '' ? 'http' : 'https' },
        ...(ops.port === 0 ? [] : [{ ...reachable(ops), scheme: 'http' }]),
      ];
      const answers = await Promise.all(places.map(isHealthy));
      if (answers.includes(true)) return;
      throw new AppError('not_found', `nothing answers at ${places.map(formatAddress).join(' or ')}`);
    });
}

/** An address where a process of this machine reaches one that listens on all of them. */
export function reachable({ host, port }: Address): Address {
  return { host: { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host, port };
}

async function isHealthy({ scheme, ...address }: Address & { readonly scheme: string }): Promise<boolean> {
  try {
    const { status } = await askHere(`${scheme}://${formatAddress(address)}/healthz`, TIMEOUT_MS);
    return status < 500;
  } catch (error) {
    // A server that demands certificates of its clients refuses us, and so it answers.
    return certificateTrouble('server.tls', error) !== undefined;
  }
}

/** Asks a process of this machine itself: `fetch` would ask a proxy that the environment names, which answers, too. */
export function askHere(url: string, timeoutMs: number): Promise<{ readonly status: number; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  // Its certificate is for those who reach it by its name.
  const options = { signal: AbortSignal.timeout(timeoutMs), agent: false, rejectUnauthorized: false } as const;
  const asked = (url.startsWith('https:') ? requestSecurely : request)(url, options, (answer) => {
    text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
  });
  asked.on('error', reject).end();
  return promise;
}
