import { Button, Kbd, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../i18n/language.ts';
import { addressOf, uidOf } from '../pages/addresses.ts';
import { navigate, usePlace } from './navigation.tsx';
import { shellTexts } from './texts.ts';

/** The field an order_uid goes into. `/` from anywhere moves the focus here. */
export function Search() {
  const t = useTexts(shellTexts);
  const { pathname } = usePlace();
  const uid = uidOf(pathname);
  const [text, setText] = useState(uid ?? '');
  const field = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  useEffect(() => setText(uid ?? ''), [uid]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isField(event.target))
        return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') field.current?.focus();
    else if (wanted === uid) void queries.invalidateQueries({ queryKey: ['order', wanted] });
    else navigate(addressOf(wanted));
  };
  return (
    <search className="search">
      <form onSubmit={submit}>
        <TextInput
          ref={field}
          className="search__field"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          placeholder={t.findPlaceholder}
          aria-label="order_uid"
          aria-keyshortcuts="/"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            <Kbd size="xs" aria-hidden>
              /
            </Kbd>
          }
        />
        <Button type="submit">{t.find}</Button>
      </form>
    </search>
  );
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
