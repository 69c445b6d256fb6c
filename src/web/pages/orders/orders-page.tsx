import { ActionIcon, Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useRef } from 'react';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { ExportButtons } from '../../components/export-buttons.tsx';
import { Empty, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useTexts } from '../../i18n/language.ts';
import { useColumns } from './columns.ts';
import { CustomersById, FilterBar, refusedFilters } from './filter-bar.tsx';
import { filtersOf, toQuery } from './filters.ts';
import { OrderTable } from './order-table.tsx';
import { StateFunnel } from './states.tsx';
import { ordersTexts } from './texts.ts';
import { useOrderList } from './use-order-list.ts';

/** All orders, filtered as the address says. Newest first, the list updates live unless the address has `live=off`. */
export function OrdersPage() {
  const t = useTexts(ordersTexts);
  const { query } = usePlace();
  const filters = filtersOf(query);
  const live = query.get('live') !== 'off';
  const held = useRef({ pointer: false, focus: false, scrolled: false });
  const mayMove = useCallback(() => !Object.values(held.current).some(Boolean), []);
  const listing = useOrderList(filters, live, mayMove);
  const refused = refusedFilters(listing.error);
  const isFiltered = Object.keys(filters.values).length + filters.states.length > 0;
  const columns = useColumns();
  return (
    <>
      <PageTitle title={t.title}>
        {filters.order === 'newest' && (
          <span className="row">
            <StateBadge color={live ? 'green' : 'gray'} failing={live && listing.error !== null}>
              {live ? t.live : t.paused}
            </StateBadge>
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
        <ExportButtons path="/api/v1/orders" query={toQuery(filters)} />
      </PageTitle>
      <StateFunnel
        chosen={filters.states}
        onChoose={(states) => setQuery({ state: states.length > 0 ? states.join() : undefined })}
      />
      {filters.noStates.length > 0 && (
        <p className="bad" role="alert">
          {t.noStates(filters.noStates.join(', '))}
        </p>
      )}
      <FilterBar filters={filters} errors={refused} columns={columns} />
      {filters.values.customer !== undefined && <CustomersById customer={filters.values.customer} />}
      {listing.error !== null && refused.size === 0 && <ProblemAlert error={listing.error} retries />}
      {listing.hasNew && (
        <Button className="show-new" size="xs" radius="xl" onClick={listing.showNew}>
          {t.showNew}
        </Button>
      )}
      {listing.pages === undefined && listing.error === null && <Skeleton rows={14} />}
      {listing.pages?.count === 0 && !listing.pages.hasMore && listing.error === null ? (
        <Empty
          title={isFiltered ? t.emptyFiltered : t.empty}
          {...(!isFiltered && { hint: t.emptyHint, actions: [[t.toGenerator, '/generator']] })}
        />
      ) : (
        listing.pages !== undefined && (
          <OrderTable
            listing={listing}
            columns={columns.shown}
            onHold={(what, on) => {
              held.current[what] = on;
              if (mayMove() && listing.hasNew) listing.showNew();
            }}
          />
        )
      )}
    </>
  );
}
