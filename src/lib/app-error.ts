/** Every failure the application itself raises. The code decides what to do; the message is for people. */
export type AppErrorCode =
  | 'config_invalid'
  | 'usage'
  | 'engine_unavailable'
  | 'engine_start_failed'
  | 'engine_missing'
  | 'port_in_use'
  | 'migration_failed'
  | 'database_unavailable'
  | 'database_rejected'
  | 'kafka_unavailable'
  | 'kafka_rejected'
  | 'kafka_refuses'
  | 'cache_unavailable'
  | 'fenced'
  | 'busy'
  | 'topic_missing'
  | 'not_found'
  | 'verification_failed'
  | 'aborted'
  | 'internal';

export interface AppErrorOptions {
  /** True when the same call may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
  /** What a person is to do, such as which setting to change: one clause, which ends the message. No secrets. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** The one error type of this project: a closed code, whether to retry, and the cause. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: AppErrorCode;
  readonly retryable: boolean;
  readonly advice: string | undefined;

  constructor(code: AppErrorCode, message: string, options: AppErrorOptions = {}) {
    super(
      options.advice === undefined ? message : `${message}: ${options.advice}`,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.advice = options.advice;
  }
}

/** The error's message whatever was thrown; never throws itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
