import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { usePages } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { Detail } from '../../components/detail.tsx';
import { AppliedInput, Card, Empty } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { PickAll, PickCell, useSelection } from '../../components/selection.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { commonTexts } from '../../components/texts.ts';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { CachedOrderContent } from './cached-order.tsx';
import { ForgetFound, ForgetPicked } from './forget.tsx';
import { cacheTexts } from './texts.ts';

/** The orders and leases in Redis, of which `all` keys some may be others’: found, looked into, forgotten. */
export function CachedKeys({ all }: { readonly all: number | undefined }) {
  const t = useTexts(cacheTexts);
  const common = useTexts(commonTexts);
  const format = useFormat();
  const { query } = usePlace();
  const open = query.get('order') ?? undefined;
  const contains = query.get('part') ?? '';
  const [text, setText] = useState(open ?? '');
  const list = usePages(['cache', 'keys', contains], (page, signal) => {
    const asked = { ...page, ...(contains !== '' && { contains }) };
    return dataOf(api.GET('/api/v1/cache/keys', { params: { query: asked }, signal }));
  });
  const pages = list.data?.pages ?? [];
  // Redis may name a key twice while its table grows.
  const keys = [...new Map(pages.flatMap((page) => page.keys).map((key) => [key.order_uid, key])).values()];
  const scanned = pages.reduce((sum, page) => sum + page.scanned, 0);
  const selection = useSelection(keys.map(({ order_uid }) => order_uid));
  const { picked } = selection;
  return (
    <Card title={t.list}>
      <div className="stack">
        <div className="fields">
          <AppliedInput label={t.part} value={contains} onApply={(part) => setQuery({ part: part.trim() })} />
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setQuery({ order: text.trim() }, {});
            }}
          >
            <TextInput label={t.find} value={text} onChange={(event) => setText(event.currentTarget.value)} />
          </form>
        </div>
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {list.hasNextPage && contains !== '' && all !== undefined && all > 0 && (
          <p className="muted">{t.scanned(Math.min(scanned, all), all)}</p>
        )}
        {keys.length === 0 && list.data !== undefined && !list.hasNextPage && contains === '' && (
          <Empty title={t.none} hint={t.noneHint} actions={[[t.toReaders, '/readers']]} />
        )}
        {keys.length === 0 && list.data !== undefined && !list.hasNextPage && contains !== '' && (
          <Empty title={t.noneFound(contains)} />
        )}
        {keys.length > 0 && (
          <>
            <div className="row">
              <PickAll selection={selection} />
              {picked.length > 0 && <ForgetPicked uids={picked} onDone={() => selection.setAll(false)} />}
              {picked.length === 0 && contains !== '' && <ForgetFound contains={contains} key={contains} />}
            </div>
            <Table
              label={t.list}
              className="plain plain--flows"
              columns={[[common.selected, 'plain__pick'], t.uid, t.kind, [t.ttl, 'num'], [t.size, 'num']]}
            >
              {keys.map(({ order_uid, kind, ttl_ms, bytes }) => (
                <tr key={order_uid}>
                  <PickCell selection={selection} row={order_uid} />
                  <td>
                    <Button
                      size="compact-xs"
                      variant={order_uid === open ? 'filled' : 'default'}
                      data-row={order_uid}
                      title={t.look}
                      onClick={() => setQuery({ order: order_uid }, {})}
                    >
                      {order_uid}
                    </Button>
                  </td>
                  <td>{t.kinds[kind]}</td>
                  <td className="num">{ttl_ms === null ? t.forever : t.seconds(format.number(ttl_ms / 1000, 1))}</td>
                  <td className="num">{format.bytes(bytes)}</td>
                </tr>
              ))}
            </Table>
          </>
        )}
        <ShowMore list={list} />
      </div>
      {open !== undefined && (
        <Detail
          title={t.inTiers(open)}
          open={open}
          rows={keys.map(({ order_uid }) => order_uid)}
          onOpen={(order) => setQuery({ order })}
          onClose={() => setQuery({ order: undefined })}
        >
          <CachedOrderContent uid={open} key={open} />
        </Detail>
      )}
    </Card>
  );
}
