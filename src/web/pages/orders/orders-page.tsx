import { ActionIcon, Badge, Button } from '@mantine/core';
import { IconDownload, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useRef } from 'react';
import { download } from '../../api/download.ts';
import { useToken } from '../../api/token.ts';
import { basePath } from '../../app/base.ts';
import { setQuery, usePlace, withQuery } from '../../app/navigation.ts';
import { PageTitle } from '../../components/page-title.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { FilterBar } from './filter-bar.tsx';
import { filtersOf, toQuery } from './filters.ts';
import { OrderTable } from './order-table.tsx';
import { ordersTexts } from './texts.ts';
import { useOrderList } from './use-order-list.ts';

/** All orders, filtered as the address says. Newest first they come by themselves, unless `live=off`. */
export function OrdersPage() {
  const t = useTexts(ordersTexts);
  const { query } = usePlace();
  const filters = filtersOf(query);
  const live = query.get('live') !== 'off';
  const held = useRef({ pointer: false, focus: false, scrolled: false });
  const mayMove = useCallback(() => !Object.values(held.current).some(Boolean), []);
  const listing = useOrderList(filters, live, mayMove);
  const isFiltered = Object.keys(filters.values).length > 0;
  const file = (extension: string) => withQuery(`${basePath}/api/v1/orders.${extension}`, toQuery(filters));
  const { token } = useToken();
  const save = useAction(download, {});
  return (
    <>
      <PageTitle title={t.title}>
        {filters.order === 'newest' && (
          <span className="row">
            <Badge variant="light" color={live ? 'green' : 'gray'}>
              {live ? t.live : t.paused}
            </Badge>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={live ? t.pause : t.resume}
              title={live ? t.pause : t.resume}
              onClick={() => setQuery({ live: live ? 'off' : undefined })}
            >
              {live ? <IconPlayerPause size={16} aria-hidden /> : <IconPlayerPlay size={16} aria-hidden />}
            </ActionIcon>
          </span>
        )}
        <span className="row page-title__end">
          {(['csv', 'ndjson'] as const).map((extension) => (
            <Button
              key={extension}
              component="a"
              href={file(extension)}
              download
              loading={save.isPending && save.variables === file(extension)}
              // Without a token the browser itself saves what comes, as it comes.
              onClick={(event) => {
                if (token === '') return;
                event.preventDefault();
                save.mutate(file(extension));
              }}
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} aria-hidden />}
            >
              {extension === 'csv' ? t.exportCsv : t.exportNdjson}
            </Button>
          ))}
        </span>
      </PageTitle>
      <FilterBar filters={filters} />
      {save.error !== null && <ProblemAlert error={save.error} />}
      {listing.error !== null && <ProblemAlert error={listing.error} retries />}
      {listing.hasNew && (
        <Button className="show-new" size="xs" radius="xl" onClick={listing.showNew}>
          {t.showNew}
        </Button>
      )}
      {listing.pages?.count === 0 && !listing.pages.hasMore && listing.error === null ? (
        <p className="empty">{isFiltered ? t.emptyFiltered : t.empty}</p>
      ) : (
        <OrderTable
          listing={listing}
          onHold={(what, on) => {
            held.current[what] = on;
            if (mayMove() && listing.hasNew) listing.showNew();
          }}
        />
      )}
    </>
  );
}
