import { X509Certificate } from 'node:crypto';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { TlsMaterial } from '../../lib/tls.ts';
import type { Logger } from '../../telemetry/logger.ts';

export interface CertificateWatchOptions {
  /** Reads what is to be used now. @throws when it can't be used */
  readonly read: () => TlsMaterial;
  /** Takes what has changed. */
  readonly use: (material: TlsMaterial) => void;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

/** So long before a certificate ends the log begins to warn. */
const WARN_MS = 7 * 86_400_000;

/**
 * Notices renewed certificates. One that can't be used, or is out of its time, is not taken: the one before stays, and
 * the log says so once. It also warns, once, of a certificate that ends soon or has ended.
 */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  readonly #now: () => number;
  #current: TlsMaterial;
  #lastTrouble: string | undefined;
  #told: string | undefined;
  #toldEnd: string | undefined;

  /** @throws AppError `config_invalid` when there is nothing that can be used */
  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#current = options.read();
    this.#warnOfEnd();
  }

  get current(): TlsMaterial {
    return this.#current;
  }

  /** Looks whether there is another one. Never throws. */
  look(): void {
    const { read, use, logger } = this.#options;
    try {
      const next = read();
      if (!isSame(next, this.#current)) {
        const { validFrom, validTo } = validityOf(next);
        if (this.#now() > validTo) throw new AppError('config_invalid', `it ended ${dateOf(validTo)}`);
        if (this.#now() < validFrom) throw new AppError('config_invalid', `it is valid only from ${dateOf(validFrom)}`);
        use(next);
        this.#current = next;
        logger.info({ validTo: dateOf(validTo) }, 'the renewed certificate is in use');
      }
      this.#lastTrouble = undefined;
      this.#told = undefined;
    } catch (error) {
      const trouble = messageOf(error);
      // Certificate and key are written one after the other: only what is still so at the next look is told.
      if (trouble === this.#lastTrouble && trouble !== this.#told) {
        logger.warn({ reason: trouble }, 'the new certificate can’t be used: the one before stays in use');
        this.#told = trouble;
      }
      this.#lastTrouble = trouble;
    }
    this.#warnOfEnd();
  }

  #warnOfEnd(): void {
    const { logger } = this.#options;
    const { validTo } = validityOf(this.#current);
    const state = stateOf(validTo, this.#now());
    const told = `${state} ${validTo}`;
    if (told === this.#toldEnd) return;
    this.#toldEnd = told;
    const fields = { validTo: dateOf(validTo) };
    if (state === 'ended') logger.error(fields, 'the certificate has expired and clients refuse it: renew it');
    if (state === 'ends soon') logger.warn(fields, 'the certificate ends soon: renew it');
  }
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}

/** The time of a certificate, ms since the Unix epoch. */
export function validityOf({ cert = '' }: TlsMaterial): { readonly validFrom: number; readonly validTo: number } {
  const { validFrom, validTo } = new X509Certificate(cert);
  return { validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
}

/** What is to be said of a certificate that ends then. */
export function stateOf(validTo: number, now: number): 'fine' | 'ends soon' | 'ended' {
  return validTo < now ? 'ended' : validTo - now < WARN_MS ? 'ends soon' : 'fine';
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
