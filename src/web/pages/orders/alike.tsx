import { useQueries } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { Link, navigate, withQuery } from '../../app/navigation.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf } from '../addresses.ts';
import { ordersTexts, orderTexts } from './texts.ts';

/** Where else what was looked for may stand: filters of the list. The first ones have an index of their own. */
const PLACES = ['order_uid_prefix', 'customer_id_prefix', 'track_number_prefix', 'customer'] as const;
const MOST_ALIKE = 5;
/** The API takes prefixes no longer than this. */
const MOST_CHARACTERS = 100;

interface AlikeProps {
  readonly text: string;
  /** When only one order is alike, its page is opened. */
  readonly opens: boolean;
}

/** Orders that begin with the text that was looked for, or have it in another place. */
export function Alike({ text, opens }: AlikeProps) {
  const t = useTexts(orderTexts);
  const { searchedTo } = useTexts(ordersTexts);
  const format = useFormat();
  const found = useQueries({
    queries: PLACES.map((place) => ({
      queryKey: ['orders-alike', place, text],
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const query = { [place]: text, limit: MOST_ALIKE };
        return dataOf(api.GET('/api/v1/orders', { params: { query }, signal }));
      },
      enabled: text.length <= MOST_CHARACTERS,
    })),
  });
  const isDone = found.every(({ data }) => data !== undefined);
  const uids = new Set(found.flatMap(({ data }) => data?.orders.map(({ order_uid }) => order_uid) ?? []));
  const [only] = uids;
  const opened = opens && isDone && uids.size === 1 ? only : undefined;
  useEffect(() => {
    if (opened !== undefined) navigate(addressOf(opened), { replace: true });
  }, [opened]);
  return PLACES.map((place, at) => {
    const data = found[at]?.data;
    // Where an id begins so, it is no name.
    const isName = place === 'customer' && (found[PLACES.indexOf('customer_id_prefix')]?.data?.orders.length ?? 0) > 0;
    if (data === undefined || isName) return null;
    const list = withQuery('/orders', new URLSearchParams({ [place]: text }));
    if (data.orders.length === 0)
      return data.searched_to === null ? null : (
        <p key={place} className="muted">
          <Link href={list}>{t.alike[place]}</Link>: {t.noneYet} {searchedTo(format.dateTime(data.searched_to))}
        </p>
      );
    return (
      <div key={place}>
        <Link href={list}>{t.alike[place]}</Link>:
        <ul className="violations">
          {data.orders.map(({ order_uid, delivery_name, track_number }) => (
            <li key={order_uid}>
              <Link href={addressOf(order_uid)}>{order_uid}</Link>{' '}
              <span className="muted">{[delivery_name, track_number].filter((one) => one !== '').join(' · ')}</span>
            </li>
          ))}
        </ul>
      </div>
    );
  });
}
