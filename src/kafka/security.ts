import { createSecureContext, type SecureContext } from 'node:tls';
import type { ConnectionOptions } from '@platformatic/kafka';
import { AppError } from '../lib/app-error.ts';
import { readSecret } from '../lib/secret.ts';
import { readTls, type TlsSettings } from '../lib/tls.ts';
import { type TokenSettings, TokenSource } from './token-source.ts';

/** How connections are encrypted, and the own certificate where brokers demand one. */
export interface KafkaTls extends TlsSettings {
  readonly enabled: boolean;
  /** Name to expect in the brokers' certificates instead of the host's; empty for the host's. */
  readonly serverName?: string;
}

/** How to log in; what a mechanism does not use is empty or absent. */
export interface KafkaSasl extends TokenSettings {
  readonly mechanism: 'none' | 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
}

/** How to reach the cluster. */
export interface KafkaConnection {
  /** Bootstrap brokers, host:port. */
  readonly brokers: readonly string[];
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
  /** Where this process runs, as in `broker.rack`; empty when nobody says. */
  readonly rack?: string;
}

/** What the library's connections are made with. */
export type Security = Pick<ConnectionOptions, 'tls' | 'tlsServerName' | 'sasl'>;

/**
 * The library's options for these settings. Certificates, passwords and tokens are looked up at each connection, so that
 * renewed ones count from the next connection on.
 * @throws AppError `config_invalid` when certificates can't be read
 */
export function securityOf({ tls, sasl }: Pick<KafkaConnection, 'tls' | 'sasl'>): Security {
  return { ...(tls?.enabled === true && encryption(tls)), ...(sasl && login(sasl, tls)) };
}

function encryption(settings: KafkaTls): Security {
  const read = (): SecureContext => createSecureContext(readTls('kafka.tls', settings));
  let last = read();
  const tls = {
    // The library copies this object for each connection. An error here would end the process, and files that are just
    // being replaced are no reason to: the next connection has the new ones.
    get secureContext(): SecureContext {
      try {
        last = read();
      } catch {}
      return last;
    },
  };
  return { tls, ...(settings.serverName && { tlsServerName: settings.serverName }) };
}

function login(sasl: KafkaSasl, tls: KafkaTls | undefined): Security {
  const { mechanism, username = '' } = sasl;
  if (mechanism === 'none') return {};
  if (mechanism === 'OAUTHBEARER') {
    const tokens = new TokenSource(sasl, tls?.ca);
    return { sasl: { mechanism, token: () => tokens.get(), authBytesValidator: refuseToken } };
  }
  const { password: text = '', passwordFile: file = '' } = sasl;
  const password = (): string => readSecret({ name: 'kafka.sasl.password', text, file });
  return { sasl: { mechanism, username, password } };
}

/**
 * A broker that refuses a token says so in an answer without an error code.
 * @see https://datatracker.ietf.org/doc/html/rfc7628#section-3.2.2
 */
function refuseToken(answer: Buffer, callback: (error: Error | null, answer: Buffer) => void): void {
  const error = new AppError('kafka_refuses', `the broker refuses the token (${answer})`, {
    advice: 'check kafka.sasl.scope, and what its listener expects of tokens',
  });
  callback(answer.length === 0 ? null : error, answer);
}
