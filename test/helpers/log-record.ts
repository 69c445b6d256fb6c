import type { LogRecord } from '../../src/kafka/read/order-log.ts';

export interface RecordParts {
  readonly offset: number;
  readonly timestamp?: number;
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A record as if it had been fetched. */
export function logRecord(parts: RecordParts): LogRecord {
  const bytes = (text: string | Buffer | null | undefined): Buffer | null =>
    text === null || text === undefined ? null : Buffer.from(text);
  const key = bytes(parts.key);
  const value = bytes(parts.value);
  const headers = Object.entries(parts.headers ?? {}).map(
    ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
  );
  return {
    offset: parts.offset,
    timestamp: parts.timestamp ?? 0,
    key,
    value,
    headers,
    bytes: value ?? Buffer.alloc(0),
    valueAt: 0,
    valueLength: value?.length ?? -1,
    size: (key?.length ?? 0) + (value?.length ?? 0),
    header: (name) => headers.find(([one]) => one.equals(name))?.[1],
  };
}
