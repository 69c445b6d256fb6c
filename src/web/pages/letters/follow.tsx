import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { api, dataOf } from '../../api/client.ts';
import { Link } from '../../app/link.tsx';
import { setQuery } from '../../app/navigation.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { messageAddress } from '../messages/address.ts';
import { addressOf } from '../orders/address.ts';
import { lettersTexts } from './texts.ts';

const POLL_MS = 700;

interface FollowProps {
  /** The topic the message was sent to, and where in it it is. */
  readonly topic: string;
  readonly sent: string;
}

/** Follows a message that was sent back until it is stored, or has come back. */
export function Follow({ topic, sent }: FollowProps) {
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
