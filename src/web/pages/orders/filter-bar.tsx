import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { setQuery } from '../../app/navigation.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { FILTERS, type FilterName, fromLocalInput, type OrderFilters, toLocalInput } from './filters.ts';
import { ordersTexts } from './texts.ts';

/** Which orders are listed. What is typed goes into the address when the field is left, or on Enter. */
export function FilterBar({ filters }: { readonly filters: OrderFilters }) {
  const t = useTexts(ordersTexts);
  const active = Object.keys(filters.values).length;
  const [open, setOpen] = useState(active > 0);
  const clear = () => setQuery(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
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
          {FILTERS.map((name) => (
            <FilterField key={name} name={name} value={filters.values[name] ?? ''} />
          ))}
        </form>
      )}
    </div>
  );
}

function FilterField({ name, value }: { readonly name: FilterName; readonly value: string }) {
  const t = useTexts(ordersTexts);
  const isInstant = name.startsWith('created') || name.startsWith('stored');
  const shown = isInstant ? toLocalInput(value) : value;
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const apply = () => {
    if (text !== shown) setQuery({ [name]: isInstant ? fromLocalInput(text) : text.trim() });
  };
  return (
    <TextInput
      size="xs"
      label={t.fields[name]}
      type={isInstant ? 'datetime-local' : name.startsWith('amount') ? 'number' : 'text'}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={(event) => {
        if (event.key === 'Enter') apply();
      }}
      autoComplete="off"
    />
  );
}
