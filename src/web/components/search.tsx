import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { SearchIcon } from './icons.tsx';

interface SearchProps {
  /** The order that is open; the field follows it. */
  readonly uid: string | undefined;
  readonly onFind: (uid: string) => void;
  readonly field: RefObject<HTMLInputElement | null>;
}

/** The field an order_uid goes into. `/` from anywhere moves the focus here. */
export function Search({ uid, onFind, field }: SearchProps) {
  const [text, setText] = useState(uid ?? '');
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
  }, [field]);
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = text.trim();
          if (wanted === '') field.current?.focus();
          else onFind(wanted);
        }}
      >
        <SearchIcon />
        <input
          ref={field}
          type="text"
          class="search__field"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          placeholder="Find an order by its order_uid"
          aria-label="order_uid"
          aria-keyshortcuts="/"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          enterkeyhint="search"
        />
        <span class="search__key" aria-hidden="true">
          <kbd>/</kbd>
        </span>
        <button type="submit" class="button button--primary">
          Find
        </button>
      </form>
    </search>
  );
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
