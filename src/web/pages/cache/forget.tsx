import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { CacheEviction, CacheEvictionRequest } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { ConfirmButton, Question } from '../../components/dialog.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { cacheTexts } from './texts.ts';

/** The API takes so many uids at once. */
const MOST_UIDS = 500;

/** Evicts all that the request means, part by part, and tells how many there were so far. @throws ApiError */
async function evictAll(
  request: CacheEvictionRequest,
  tell: (orders: number) => void = () => {},
  signal: AbortSignal | null = null,
): Promise<number> {
  let orders = 0;
  let cursor: string | null = null;
  do {
    const body: CacheEvictionRequest = { ...request, ...(cursor !== null && { cursor }) };
    const part: CacheEviction = await dataOf(api.POST('/api/v1/cache/evictions', { body, signal }));
    orders += part.orders;
    cursor = part.next_cursor;
    tell(orders);
  } while (cursor !== null);
  return orders;
}

interface ForgetPickedProps {
  readonly uids: readonly string[];
  readonly onDone: () => void;
}

/** Forgets the orders that are selected, once confirmed. */
export function ForgetPicked({ uids, onDone }: ForgetPickedProps) {
  const t = useTexts(cacheTexts);
  const forget = useAction(
    async () => {
      for (let from = 0; from < uids.length; from += MOST_UIDS)
        await evictAll({ order_uids: uids.slice(from, from + MOST_UIDS) });
      onDone();
      return uids.length;
    },
    { said: t.flushed, changes: ['cache'] },
  );
  return (
    <>
      <ConfirmButton
        size="xs"
        question={t.evictMany(uids.length)}
        explanation={t.evictHint}
        loading={forget.isPending}
        onConfirm={() => forget.mutate()}
      >
        {t.evict}
      </ConfirmButton>
      {forget.error !== null && <ProblemAlert error={forget.error} />}
    </>
  );
}

/** Counts the orders whose uid contains a text, asks, and forgets them; all of it can be stopped. */
export function ForgetFound({ contains }: { readonly contains: string }) {
  const t = useTexts(cacheTexts);
  const [found, setFound] = useState(0);
  const [asks, setAsks] = useState(false);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const signal = (): AbortSignal => {
    stop.current = new AbortController();
    setFound(0);
    return stop.current.signal;
  };
  const count = useAction(async () => {
    await evictAll({ contains, dry_run: true }, setFound, signal());
    setAsks(true);
  }, {});
  const forget = useAction(() => evictAll({ contains }, setFound, signal()), { said: t.flushed, changes: ['cache'] });
  const isBusy = count.isPending || forget.isPending;
  const error = [count.error, forget.error].find((one) => one !== null && one.name !== 'AbortError');
  return (
    <>
      <Button size="xs" color="red" variant="outline" loading={isBusy} onClick={() => count.mutate()}>
        {t.evictFound}
      </Button>
      {isBusy && (
        <>
          <span role="status">{t.orders(found)}</span>
          <Button size="xs" variant="default" onClick={() => stop.current?.abort()}>
            {t.stop}
          </Button>
        </>
      )}
      {error !== undefined && error !== null && <ProblemAlert error={error} />}
      <Question
        open={asks}
        question={t.evictMany(found)}
        explanation={t.evictFoundHint(contains)}
        confirm={t.evict}
        onClose={() => setAsks(false)}
        onConfirm={() => forget.mutate()}
      />
    </>
  );
}
