import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { DeadLetter } from '../../../client/schema.generated.ts';
import { ApiError, api, dataOf } from '../../api/client.ts';
import { refetchEvery, useAction } from '../../api/queries.ts';
import { Link, setQuery } from '../../app/navigation.tsx';
import { bytesOf, bytesText, headerTexts, hexOf } from '../../components/bytes.ts';
import { Facts, Instant } from '../../components/page.tsx';
import { ProblemAlert, RejectionText } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf, messageAddress } from '../addresses.ts';
import { MessageLink, TopicLink } from '../links.tsx';
import { FixForm } from './fix-form.tsx';
import { pointerOf, spotIn } from './letter-value.ts';
import { OneOutcome } from './redrive.tsx';
import { lettersTexts } from './texts.ts';

interface LetterContentProps {
  readonly position: string;
  /** Whether it is being fixed. */
  readonly fixes: boolean;
  /** The position it was sent back to, if that is followed. */
  readonly sent: string | undefined;
}

/** One letter in full: the error is marked, and the letter can be sent back, fixed or as it is. */
export function LetterContent({ position, fixes, sent }: LetterContentProps) {
  const { data, error } = useQuery({
    queryKey: ['letters', 'one', position],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/dead-letters/{position}', { params: { path: { position } }, signal })),
    refetchInterval: refetchEvery(),
  });
  return (
    <div className="stack">
      {error !== null && <ProblemAlert error={error} retries />}
      {data !== undefined && <Content letter={data} fixes={fixes} sent={sent} />}
    </div>
  );
}

function Content({
  letter,
  fixes,
  sent,
}: Pick<LetterContentProps, 'fixes' | 'sent'> & { readonly letter: DeadLetter }) {
  const t = useTexts(lettersTexts);
  const format = useFormat();
  const { position, source, reason, detail, at, replays, key, order_uid, value_bytes, headers, redriven_at } = letter;
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
      <p>
        <RejectionText reason={reason} detail={detail} />
      </p>
      {!fixes && (
        <div className="row">
          <Button onClick={() => setQuery({ fix: 'on', sent: undefined })}>{t.fix}</Button>
          <Button variant="default" loading={redrive.isPending} onClick={() => redrive.mutate()}>
            {t.redriveOne}
          </Button>
        </div>
      )}
      {!fixes && redrive.error !== null && <ProblemAlert error={redrive.error} />}
      {!fixes && redrive.data !== undefined && sent === undefined && <OneOutcome answer={redrive.data} />}
      <Facts
        facts={[
          [
            t.order,
            order_uid === null ? (
              ''
            ) : (
              <Link key="order" href={addressOf(order_uid)}>
                {order_uid}
              </Link>
            ),
          ],
          [t.at, <Instant key="at" at={at} />],
          [t.source, source && <MessageLink key="source" {...source} />],
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
      {fixes ? <FixForm letter={letter} /> : <Value letter={letter} />}
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
        {t.sentTo} <TopicLink topic={topic} /> <Link href={messageAddress(topic, sent)}>{sent}</Link>.
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
            {t.cameBack(letter.replays)} <RejectionText reason={letter.reason} detail={letter.detail} />
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
