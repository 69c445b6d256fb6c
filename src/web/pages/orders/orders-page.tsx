import { ActionIcon, Badge, Button, NativeSelect } from '@mantine/core';
import { IconDownload, IconFilter, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useCallback, useRef, useState } from 'react';
import { request, unreachable } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useToken } from '../../api/token.ts';
import { basePath } from '../../app/base.ts';
import { setQuery, usePlace, withQuery } from '../../app/navigation.tsx';
import { AppliedInput, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import {
  FILTER_NAMES,
  FILTERS,
  type FilterName,
  filtersOf,
  fromLocalInput,
  type OrderFilters,
  toLocalInput,
  toQuery,
} from './filters.ts';
import { OrderTable } from './order-table.tsx';
import { orderLabels, ordersTexts } from './texts.ts';
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
  const isFiltered = Object.keys(filters.values).length > 0;
  const file = (extension: string) => withQuery(`/api/v1/orders.${extension}`, toQuery(filters));
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
              href={basePath + file(extension)}
              download
              loading={save.isPending && save.variables === file(extension)}
              // Without a token the browser itself streams the file to disk.
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

/** The filters of the list. What is typed goes into the address on Enter, or when the field loses the focus. */
function FilterBar({ filters }: { readonly filters: OrderFilters }) {
  const t = useTexts(ordersTexts);
  const active = Object.keys(filters.values).length;
  const [open, setOpen] = useState(active > 0);
  const clear = () => setQuery(Object.fromEntries(FILTER_NAMES.map((name) => [name, undefined])));
  return (
    <div className="filter">
      <div className="row">
        <Button
          size="xs"
          variant={active > 0 ? 'light' : 'default'}
          leftSection={<IconFilter size={14} aria-hidden />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {active > 0 ? t.active(active) : t.filter}
        </Button>
        {active > 0 && (
          <Button size="xs" variant="subtle" onClick={clear}>
            {t.clear}
          </Button>
        )}
        <NativeSelect
          size="xs"
          aria-label={t.order}
          value={filters.order}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setQuery({ order: value === 'oldest' ? value : undefined });
          }}
          data={[
            { value: 'newest', label: t.newest },
            { value: 'oldest', label: t.oldest },
          ]}
        />
      </div>
      {open && (
        <form className="filter__fields" onSubmit={(event) => event.preventDefault()}>
          {FILTER_NAMES.map((name) => (
            <FilterField key={name} name={name} value={filters.values[name] ?? ''} />
          ))}
        </form>
      )}
    </div>
  );
}

function FilterField({ name, value }: { readonly name: FilterName; readonly value: string }) {
  const { ranges } = useTexts(ordersTexts);
  const { order, payment } = useTexts(orderLabels);
  const labels = { ...order, currency: payment.currency, ...ranges };
  const type = FILTERS[name];
  const isInstant = type === 'datetime-local';
  return (
    <AppliedInput
      size="xs"
      label={labels[name]}
      type={type}
      value={isInstant ? toLocalInput(value) : value}
      onApply={(text) => setQuery({ [name]: isInstant ? fromLocalInput(text) : text.trim() })}
      autoComplete="off"
    />
  );
}

/**
 * Saves a file of the API under the last part of its path, with the token, which a link can't carry. @throws ApiError
 */
async function download(path: string): Promise<void> {
  const response = await request(path);
  const file = URL.createObjectURL(await response.blob().catch(unreachable));
  const link = document.createElement('a');
  link.href = file;
  link.download = new URL(path, location.href).pathname.split('/').at(-1) ?? '';
  link.click();
  // The browser reads it after the click, and does not say when it is done.
  setTimeout(() => URL.revokeObjectURL(file), REVOKE_MS);
}

const REVOKE_MS = 60_000;
