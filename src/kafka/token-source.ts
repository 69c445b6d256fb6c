import { rootCertificates } from 'node:tls';
import Type from 'typebox';
import Value from 'typebox/value';
import { AppError, messageOf } from '../lib/app-error.ts';
import { readSecret } from '../lib/secret.ts';
import { readTls } from '../lib/tls.ts';

/** Client credentials, and where they get tokens. */
export interface TokenSettings {
  readonly tokenUrl?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly clientSecretFile?: string;
  /** Names with blanks between them. */
  readonly scope?: string;
}

const TIMEOUT_MS = 5_000;
/** Of a token's life: from then on another one is fetched. */
const FRESH_SHARE = 0.5;
/** Where the server does not say in a number how long a token lives, s. */
const UNKNOWN_LIFE = 60;

/** Refusals that pass by themselves: time-out, too early, too many requests. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Some servers send the life as a text. */
const Granted = Type.Object({ access_token: Type.String(), expires_in: Type.Optional(Type.Unknown()) });
const Refused = Type.Object({ error: Type.String(), error_description: Type.Optional(Type.String()) });

interface Token {
  readonly text: string;
  /** By the source's clock. */
  readonly freshUntil: number;
  readonly validUntil: number;
}

/**
 * Tokens for OAUTHBEARER by client credentials. One is kept, and replaced in the second half of its life, so that the
 * token server may be away meanwhile.
 * @see https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
 */
export class TokenSource {
  readonly #settings: TokenSettings;
  readonly #ca: string;
  readonly #now: () => number;
  #token: Token | undefined;
  #fetching: Promise<Token> | undefined;

  /**
   * @param ca `kafka.tls.ca`, whose authorities are trusted beside those of the system
   * @param now a clock in ms that is never set back
   */
  constructor(settings: TokenSettings, ca = '', now = () => performance.now()) {
    this.#settings = settings;
    this.#ca = ca;
    this.#now = now;
  }

  /** @throws AppError `kafka_refuses` when the server refuses the credentials, `kafka_unavailable` without an answer */
  async get(): Promise<string> {
    const now = this.#now();
    if (this.#token === undefined || now >= this.#token.validUntil) return (await this.#renew()).text;
    if (now >= this.#token.freshUntil) void this.#renew().catch(() => {});
    return this.#token.text;
  }

  /** One request at a time, shared. */
  #renew(): Promise<Token> {
    this.#fetching ??= this.#fetch()
      .then((token) => {
        this.#token = token;
        return token;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetch(): Promise<Token> {
    const {
      tokenUrl = '',
      clientId = '',
      clientSecret: text = '',
      clientSecretFile: file = '',
      scope = '',
    } = this.#settings;
    const secret = readSecret({ name: 'kafka.sasl.clientSecret', text, file });
    const { ca } = readTls('kafka.tls', { ca: this.#ca });
    const asked = this.#now();
    let answer: Response;
    let body: unknown;
    try {
      answer = await fetch(tokenUrl, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${form(clientId)}:${form(secret)}`)}`, accept: 'application/json' },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== '' && { scope }) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(ca !== undefined && { tls: { ca: [...rootCertificates, ca] } }),
      });
      body = await answer.json().catch(() => undefined);
    } catch (error) {
      throw away(`it does not answer: ${messageOf(error)}`);
    }
    if (answer.status >= 400 && answer.status < 500 && !PASSING.has(answer.status)) {
      const { error, error_description: more } = Value.Check(Refused, body)
        ? body
        : { error: `status ${answer.status}` };
      const why = more === undefined ? error : `${error}, ${more}`;
      throw new AppError('kafka_refuses', `the server of kafka.sasl.tokenUrl gives no token (${why})`, {
        advice: 'check kafka.sasl.clientId, clientSecret and scope',
      });
    }
    if (!answer.ok || !Value.Check(Granted, body)) throw away(`it answers ${answer.status}, without a token`);
    const { access_token, expires_in } = body;
    const lifeMs = (Number(expires_in) || UNKNOWN_LIFE) * 1000;
    return { text: access_token, freshUntil: asked + lifeMs * FRESH_SHARE, validUntil: asked + lifeMs };
  }
}

function away(why: string): AppError {
  return new AppError('kafka_unavailable', `no token from the server of kafka.sasl.tokenUrl, ${why}`, {
    retryable: true,
    advice: 'check kafka.sasl.tokenUrl, or start that server',
  });
}

/** As a form has it, which RFC 6749 asks for even here. */
function form(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
