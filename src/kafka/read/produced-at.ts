import { LAST_INSTANT, withinRfc3339 } from '../../lib/rfc3339.ts';
import type { LogRecord } from './order-log.ts';

const PRODUCED_AT = Buffer.from('produced-at');

/** When the order was produced, ms since the Unix epoch: the `produced-at` header, or else the record's timestamp. */
export function producedAt(record: LogRecord): number {
  const value = record.header(PRODUCED_AT);
  const millis = value ? digits(value) : undefined;
  if (millis !== undefined) return millis;
  return withinRfc3339(record.timestamp);
}

function digits(value: Buffer): number | undefined {
  if (value.length === 0 || value.length > 15) return undefined;
  let number = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = (value[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number <= LAST_INSTANT ? number : undefined;
}
