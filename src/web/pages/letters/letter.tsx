import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { DeadLetter } from '../../../client/schema.generated.ts';
import { ApiError, api, dataOf } from '../../api/client.ts';
import { refetchEvery, useAction } from '../../api/queries.ts';
import { Link, setQuery } from '../../app/navigation.tsx';
import { bytesOf, bytesText, headerTexts, hexOf } from '../../components/bytes.ts';
import { Card, Facts, Instant } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf, messageAddress } from '../addresses.ts';
import { FixForm } from './fix-form.tsx';
import { pointerOf, spotIn } from './letter-value.ts';
import { OneOutcome } from './redrive.tsx';
import { lettersTexts } from './texts.ts';

interface LetterCardProps {
  readonly position: string;
  /** Whether it is being fixed. */
  readonly fixes: boolean;
  /** The position it was sent back to, if that is followed. */
  readonly sent: string | undefined;
}

/** One letter in full: the error is marked, and the letter can be sent back, fixed or as it is. */
export function LetterCard({ position, fixes, sent }: LetterCardProps) {
  const t = useTexts(lettersTexts);
  const heading = useRef<HTMLDivElement>(null);
  const { data, error } = useQuery({
    queryKey: ['letters', 'one', position],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/dead-letters/{position}', { params: { path: { position } }, signal })),
    refetchInterval: refetchEvery(),
  });
  useEffect(() => {
    // Newer browsers return a promise, which is not a clean-up function.
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

function Content({ letter, fixes, sent }: Pick<LetterCardProps, 'fixes' | 'sent'> & { readonly letter: DeadLetter }) {
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
    value === undefined ? { before: readable(value_base64 ?? ''), marked: '', after: '' } : spotIn(value, pointer);
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

const POLL_MS = 700;

interface FollowProps {
  /** The topic the message was sent to, and its position there. */
  readonly topic: string;
  readonly sent: string;
}

/** Follows a message that was sent back until it is stored or rejected again. */
function Follow({ topic, sent }: FollowProps) {
  const t = useTexts(lettersTexts);
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['redriven', sent],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/dead-letters/redriven', { params: { query: { position: sent } }, signal })),
    refetchInterval: ({ state }) => {
      if (state.error instanceof ApiError) return state.error.passing ? POLL_MS * 3 : false;
      return state.data?.state === 'stored' || state.data?.state === 'rejected' ? false : POLL_MS;
    },
  });
  const state = data?.state ?? 'waiting';
  useEffect(() => {
    if (state !== 'waiting') void queries.invalidateQueries({ queryKey: ['letters'] });
  }, [state, queries]);
  const { letter, order_uid, ahead = 0 } = data ?? {};
  return (
    <div className="followed" role="status">
      <p>
        {t.sentTo} <Link href={messageAddress(topic, sent)}>{`${topic} ${sent}`}</Link>.
      </p>
      {error !== null && <ProblemAlert error={error} retries />}
      {state === 'waiting' && <p className="muted">{t.waiting(ahead)}</p>}
      {state === 'unknown' && <p className="muted">{t.unknownFate}</p>}
      {state === 'stored' && order_uid !== undefined && (
        <p className="good">
          {t.storedAs} <Link href={addressOf(order_uid)}>{order_uid}</Link>
        </p>
      )}
      {state === 'rejected' && letter !== undefined && (
        <>
          <p className="bad">
            {t.cameBack(letter.replays)} <code>{letter.reason}</code> {letter.detail}
          </p>
          <Button
            size="xs"
            variant="default"
            onClick={() => setQuery({ letter: letter.position, fix: undefined, sent: undefined }, {})}
          >
            {t.openLetter(letter.position)}
          </Button>
        </>
      )}
    </div>
  );
}
