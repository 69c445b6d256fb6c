import { formatUrl, parsePostgresqlUrl, sslModeOf } from '../../lib/connection-url.ts';
import { readText } from '../../lib/secret.ts';
import type { ConfigSection } from './config-section.ts';

/**
 * Settings of the section `postgresql` that contradict each other, and files that can't be read. Returns its URL in the
 * spelling that the driver reads as it is meant; empty where it is wrong.
 */
export function checkPostgresql(postgresql: ConfigSection): string {
  postgresql.checkSecret('password');
  const tls = postgresql.checkTls();
  const certificates = `${tls.ca}${tls.certificate}${tls.key}` !== '';
  const url = postgresql.read('url', parsePostgresqlUrl);
  if (url === undefined) return '';
  if (postgresql.text('passwordFile') && url.password !== '')
    postgresql.say('passwordFile', 'is set, and postgresql.url has a password, too: one is enough');
  const named = [...url.parameters].filter(
    ([name, path]) => /^ssl(rootcert|cert|key)$/.test(name) && path !== 'system',
  );
  for (const [name, path] of named) postgresql.attempt('url', () => readText(name, path));
  if (certificates && named.length > 0)
    postgresql.say('tls', `is set, and postgresql.url has ${named[0]?.[0]}, too: one is enough`);
  const mode = sslModeOf(url, tls);
  if ((certificates || postgresql.text('tls.serverName')) && !/^(require|verify)/.test(mode))
    postgresql.say('tls', `has no effect with sslmode=${mode} in postgresql.url: set verify-full`);
  return postgresql.attempt('url', () => formatUrl(url)) ?? '';
}
