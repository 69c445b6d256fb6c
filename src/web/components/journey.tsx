import type { FoundOrder } from '../api.ts';
import { formatDateTime, formatSpan } from '../format.ts';

const TIERS = { l1: 'the server’s memory', redis: 'Redis', postgresql: 'PostgreSQL' } as const;

/** How the order got here: produced, through Kafka, stored, read. */
export function Journey({ found }: { found: FoundOrder }) {
  const onTheWayMs = Date.parse(found.storedAt) - Date.parse(found.producedAt);
  const steps: readonly (readonly [string, string, string])[] = [
    ['Produced', formatDateTime(found.producedAt), found.producedAt],
    ['Kafka', `${found.topic} · partition ${found.partition} · offset ${found.offset}`, ''],
    ['Stored', Number.isNaN(onTheWayMs) ? '' : `PostgreSQL, ${formatSpan(onTheWayMs)} later`, found.storedAt],
    [
      'Read',
      `${TIERS[found.tier]}${found.lookupMs === undefined ? '' : ` in ${formatSpan(found.lookupMs)}`}`,
      '',
    ],
  ];
  return (
    <ol class="journey" aria-label="How the order got here">
      {steps.map(([name, text, title]) => (
        <li key={name} title={title}>
          <b>{name}</b>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  );
}
