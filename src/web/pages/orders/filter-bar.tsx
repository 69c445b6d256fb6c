import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { IconColumns3, IconFilter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, api, dataOf } from '../../api/client.ts';
import { Link, setQuery, withQuery } from '../../app/navigation.tsx';
import { AppliedInput } from '../../components/page.tsx';
import { useLanguage, useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { unquoted } from '../addresses.ts';
import { CHOICES, type ChosenColumns, usePhone } from './columns.ts';
import {
  amountText,
  FILTER_NAMES,
  FILTERS,
  type FilterName,
  fromLocalInput,
  minorUnits,
  type OrderFilters,
  toLocalInput,
} from './filters.ts';
import { orderLabels } from './labels.ts';
import { ordersTexts } from './texts.ts';

interface FilterBarProps {
  readonly filters: OrderFilters;
  /** What the service refuses, by the name of the filter. */
  readonly errors: ReadonlyMap<string, string>;
  readonly columns: ChosenColumns;
}

/** The filters of the list. What is typed goes into the address on Enter, or when the field loses the focus. */
export function FilterBar({ filters, errors, columns }: FilterBarProps) {
  const t = useTexts(ordersTexts);
  const active = Object.keys(filters.values).length;
  const [open, setOpen] = useState(active > 0);
  const [choosing, setChoosing] = useState(false);
  const isPhone = usePhone();
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
        {!isPhone && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconColumns3 size={14} aria-hidden />}
            aria-expanded={choosing}
            onClick={() => setChoosing(!choosing)}
          >
            {t.chooseColumns}
          </Button>
        )}
      </div>
      {choosing && !isPhone && <ColumnChoice columns={columns} />}
      {(open || errors.size > 0) && (
        <form className="filter__fields" onSubmit={(event) => event.preventDefault()}>
          {FILTER_NAMES.filter((name) => FILTERS[name] !== 'linked' || filters.values[name] !== undefined).map(
            (name) => (
              <FilterField key={name} name={name} filters={filters} error={errors.get(name)} />
            ),
          )}
        </form>
      )}
    </div>
  );
}

interface FilterFieldProps {
  readonly name: FilterName;
  readonly filters: OrderFilters;
  readonly error: string | undefined;
}

function FilterField({ name, filters: { values }, error }: FilterFieldProps) {
  const t = useTexts(ordersTexts);
  const { order, payment } = useTexts(orderLabels);
  const language = useLanguage();
  const labels = { ...order, currency: payment.currency, ...t.filters };
  const { currency } = values;
  const value = values[name] ?? '';
  const words = useWording();
  const wrong = error && words.message(error);
  const common = { size: 'xs', label: labels[name], error: wrong, autoComplete: 'off' } as const;
  const apply = (text: string | undefined) => setQuery({ [name]: text?.trim() });
  switch (FILTERS[name]) {
    case 'text':
      return <AppliedInput {...common} value={value} onApply={(text) => apply(unquoted(text))} />;
    case 'linked':
      return <AppliedInput {...common} value={value} onApply={apply} />;
    case 'currency':
      return <AppliedInput {...common} value={value} onApply={(text) => apply(text.toUpperCase())} />;
    case 'datetime-local':
      return (
        <AppliedInput
          {...common}
          type="datetime-local"
          value={toLocalInput(value)}
          onApply={(text) => apply(fromLocalInput(text))}
        />
      );
    case 'money':
      return (
        <AppliedInput
          {...common}
          inputMode="decimal"
          rightSection={currency?.slice(0, 3)}
          value={amountText(value, currency, language)}
          refuse={(text) =>
            text.trim() === '' || minorUnits(text, currency, language) !== undefined ? undefined : t.notAnAmount
          }
          onApply={(text) => apply(minorUnits(text, currency, language))}
        />
      );
  }
}

/** What the service refuses of the filters, by their names: a link may hold anything. */
export function refusedFilters(error: unknown): ReadonlyMap<string, string> {
  const violations = error instanceof ApiError ? (error.problem?.violations ?? []) : [];
  const ofFilters = violations.map(({ pointer, message }) => [pointer.replace(/^\//, ''), message] as const);
  return new Map(ofFilters.filter(([name]) => FILTER_NAMES.some((one) => one === name)));
}

/** Which columns the list has; the order itself always is one. */
function ColumnChoice({ columns: { shown, choose } }: { readonly columns: ChosenColumns }) {
  const t = useTexts(ordersTexts);
  return (
    <fieldset className="filter__fields filter__columns" aria-label={t.chooseColumns}>
      {CHOICES.map((name) => (
        <Checkbox
          key={name}
          size="xs"
          label={t.columns[name]}
          checked={shown.includes(name)}
          onChange={({ currentTarget: { checked } }) =>
            choose(CHOICES.filter((one) => (one === name ? checked : shown.includes(one))))
          }
        />
      ))}
      <Button size="compact-xs" variant="subtle" onClick={() => choose(undefined)}>
        {t.usualColumns}
      </Button>
    </fieldset>
  );
}

/**
 * Leads to all orders of customers whose customer_id begins with what was typed, if there are any: an index has them at
 * once, however long ago they were stored.
 */
export function CustomersById({ customer }: { readonly customer: string }) {
  const t = useTexts(ordersTexts);
  const { data } = useQuery({
    queryKey: ['orders-of-customer', customer],
    queryFn: ({ signal }) => {
      const query = { customer_id_prefix: customer, limit: 1 };
      return dataOf(api.GET('/api/v1/orders', { params: { query }, signal }));
    },
  });
  if (data === undefined || data.orders.length === 0) return null;
  return (
    <p>
      <Link href={withQuery('/orders', new URLSearchParams({ customer_id_prefix: customer }))}>
        {t.customersById(customer)}
      </Link>
    </p>
  );
}
