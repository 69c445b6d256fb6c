import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import type { CacheInvalidation } from '../../../client/schema.generated.ts';
import { hasMembers } from '../../api/client.ts';
import { useTail } from '../../api/streams.ts';
import { Link, setQuery, usePlace, withQuery } from '../../app/navigation.tsx';
import { AppliedInput, Card, Instant } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf } from '../addresses.ts';
import { cacheTexts } from './texts.ts';

/** What the cache forgets, and why, live: while the address has `watch=on`, for the order it names as `forgotten`. */
export function Invalidations() {
  const t = useTexts(cacheTexts);
  const { query } = usePlace();
  const watching = query.get('watch') === 'on';
  const uid = query.get('forgotten') ?? '';
  const wanted = new URLSearchParams(uid === '' ? {} : { order_uid: uid });
  const url = watching ? withQuery('/api/v1/cache/invalidations/tail', wanted) : undefined;
  const { items, leftOut, error } = useTail(url, 'invalidation', isInvalidation);
  return (
    <Card title={t.forgotten}>
      <div className="stack">
        <div className="fields">
          <AppliedInput label={t.ofOrder} value={uid} onApply={(text) => setQuery({ forgotten: text.trim() })} />
          <Button
            variant="default"
            leftSection={
              watching ? <IconPlayerPause size={16} aria-hidden /> : <IconPlayerPlay size={16} aria-hidden />
            }
            onClick={() => setQuery({ watch: watching ? undefined : 'on' })}
          >
            {watching ? t.pause : t.watch}
          </Button>
        </div>
        {error !== undefined && <ProblemAlert error={error} retries />}
        {leftOut > 0 && <p className="muted">{t.leftOut(leftOut)}</p>}
        {items.length > 0 && <Rows items={items} />}
        {items.length === 0 && watching && <p className="empty">{t.watching}</p>}
      </div>
    </Card>
  );
}

function Rows({ items }: { readonly items: readonly CacheInvalidation[] }) {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  // A reopened stream begins with the last events again.
  const unique = [...new Map(items.map((one) => [`${one.number} ${one.at}`, one])).values()];
  return (
    <Table label={t.forgotten} className="plain plain--flows" columns={[t.time, t.uid, t.reason, [t.dropped, 'num']]}>
      {unique.map(({ number, at, reason, order_uid, dropped }) => (
        <tr key={`${number} ${at}`}>
          <td>
            <Instant at={at} timeOnly />
          </td>
          <td>{order_uid === null ? t.everyOrder : <Link href={addressOf(order_uid)}>{order_uid}</Link>}</td>
          <td className="plain__line">{t.reasons[reason]}</td>
          <td className="num">{dropped === 0 ? '—' : format.number(dropped)}</td>
        </tr>
      ))}
    </Table>
  );
}

const isInvalidation = hasMembers<CacheInvalidation>('reason', 'number');
