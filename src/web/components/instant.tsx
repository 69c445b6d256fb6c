import { useFormat } from '../i18n/use-format.ts';

/** An instant in the reader's zone; the exact one as a hint. */
export function Instant({
  at,
  timeOnly = false,
}: {
  readonly at: string | number;
  readonly timeOnly?: boolean;
}) {
  const format = useFormat();
  const date = new Date(at);
  const iso = Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {timeOnly ? format.time(at) : format.dateTime(at)}
    </time>
  );
}
