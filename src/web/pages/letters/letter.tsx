import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { DeadLetter } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.ts';
import { bytesOf, bytesText, headerTexts, hexOf } from '../../components/bytes.ts';
import { Card, Facts } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { pointerOf, spotIn } from './bad-spot.ts';
import { FixForm } from './fix-form.tsx';
import { Follow } from './follow.tsx';
import { OneOutcome } from './outcomes.tsx';
import { lettersTexts } from './texts.ts';

interface LetterProps {
  readonly position: string;
  /** Whether it is being fixed. */
  readonly fixes: boolean;
  /** Where it was sent back to, when that is to be followed. */
  readonly sent: string | undefined;
}

/** One letter with all it has: what is wrong is marked, and it can be sent back, fixed or as it is. */
export function Letter({ position, fixes, sent }: LetterProps) {
  const t = useTexts(lettersTexts);
  const heading = useRef<HTMLDivElement>(null);
  const { data, error } = useQuery({
    queryKey: ['letters', 'one', position],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/dead-letters/{position}', { params: { path: { position } }, signal })),
    refetchInterval: refetchEvery(),
  });
  useEffect(() => {
    // Newer browsers give a promise, which is nothing to clean up with.
    void heading.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div ref={heading}>
      <Card title={t.letter(position)}>
        <div className="stack">
          {error !== null && <ProblemAlert error={error} retries />}
          {data !== undefined && <Content letter={data} fixes={fixes} sent={sent} />}
          <Button
            className="fit"
            size="xs"
            variant="default"
            onClick={() => setQuery({ letter: undefined, fix: undefined, sent: undefined })}
          >
            {t.close}
          </Button>
        </div>
      </Card>
    </div>
  );
}

interface ContentProps extends Pick<LetterProps, 'fixes' | 'sent'> {
  readonly letter: DeadLetter;
}

function Content({ letter, fixes, sent }: ContentProps) {
  const t = useTexts(lettersTexts);
  const format = useFormat();
  const { position, source, reason, detail, at, replays, key, value_bytes, headers, redriven_at } = letter;
  const redrive = useAction(
    async () => {
      const body = { positions: [position] };
      const answer = await dataOf(api.POST('/api/v1/dead-letters/redrive', { body }));
      setQuery({ sent: answer.outcomes[0]?.sent_to });
      return answer;
    },
    { changes: ['letters'] },
  );
  return (
    <>
      <p className="bad">
        <code>{reason}</code> {detail}
      </p>
      <Facts
        facts={[
          [t.at, <Instant key="at" at={at} />],
          [t.source, source && `${source.topic} ${source.partition}:${source.offset}`],
          [t.key, <code key="key">{bytesText(key)}</code>],
          [t.size, value_bytes === null ? '' : format.bytes(value_bytes)],
          [t.replays, String(replays)],
          [t.sentBack, redriven_at && <Instant at={redriven_at} />],
        ]}
      />
      <details>
        <summary>{t.headers}</summary>
        <Facts facts={headerTexts(headers)} />
      </details>
      {sent !== undefined && source !== null && <Follow key={sent} topic={source.topic} sent={sent} />}
      {fixes ? (
        <FixForm letter={letter} />
      ) : (
        <>
          <Value letter={letter} />
          {redrive.error !== null && <ProblemAlert error={redrive.error} />}
          {redrive.data !== undefined && sent === undefined && <OneOutcome answer={redrive.data} />}
          <div className="row">
            <Button onClick={() => setQuery({ fix: 'on', sent: undefined })}>{t.fix}</Button>
            <Button variant="default" loading={redrive.isPending} onClick={() => redrive.mutate()}>
              {t.redriveOne}
            </Button>
          </div>
        </>
      )}
    </>
  );
}

function Value({ letter: { value, value_base64, value_bytes, detail } }: { readonly letter: DeadLetter }) {
  const t = useTexts(lettersTexts);
  if (value_bytes === null) return <p className="muted">{t.noValue}</p>;
  const pointer = pointerOf(detail);
  const { before, marked, after } =
    value === undefined
      ? { before: readable(value_base64 ?? ''), marked: '', after: '' }
      : spotIn(value, pointer);
  return (
    <section className="json" aria-label={t.value}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        {before}
        {marked !== '' && <mark title={detail}>{marked}</mark>}
        {after}
      </pre>
      {marked !== '' && <p className="json__hint">{t.badSpot}</p>}
    </section>
  );
}

const MOST_SHOWN = 20_000;

/** Text where the bytes are text, hexadecimal where not; a long value is cut. */
function readable(base64: string): string {
  const start = base64.slice(0, MOST_SHOWN);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(start));
  } catch {
    return hexOf(start);
  }
}
