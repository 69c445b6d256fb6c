import {
  ActionIcon,
  Burger,
  Button,
  CloseButton,
  Kbd,
  PasswordInput,
  SegmentedControl,
  TextInput,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, Suspense, useEffect, useRef, useState } from 'react';
import { useService } from '../api/readiness.ts';
import { askForToken, setToken, useToken } from '../api/token.ts';
import { Dialog } from '../components/dialog.tsx';
import { Skeleton } from '../components/page.tsx';
import { setLanguage, useFormat, useLanguage, useTexts } from '../i18n/language.ts';
import { addressOf, SEARCHED, uidOf, uidOfSearch } from '../pages/addresses.ts';
import { ConnectionBanner, PageBoundary } from './failures.tsx';
import { Link, navigate, usePlace, withQuery } from './navigation.tsx';
import { Navigation, pageAt } from './pages.tsx';
import { shellTexts } from './texts.ts';

/** Header, navigation and the page. */
export function Shell() {
  const { pathname } = usePlace();
  const t = useTexts(shellTexts);
  const [menu, setMenu] = useState(false);
  const { lost } = useService();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu.
  useEffect(() => setMenu(false), [pathname]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <header className="top">
        <Burger
          className="top__menu"
          opened={menu}
          onClick={() => setMenu(true)}
          aria-label={t.menu}
          aria-haspopup="dialog"
          size="sm"
        />
        <Link className="brand" href="/" aria-label="Test Service">
          <Mark />
          <span>Test Service</span>
        </Link>
        <Search />
        <div className="top__end">
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <aside className="side">
        <Navigation pathname={pathname} />
        <EngineDots />
      </aside>
      <Dialog open={menu} title="Test Service" onClose={() => setMenu(false)} isMenu>
        <Navigation pathname={pathname} />
        <EngineDots />
        <CloseButton className="dialog__close" size="lg" aria-label={t.close} onClick={() => setMenu(false)} />
      </Dialog>
      <main id="main" className={lost ? 'page page--old' : 'page'} tabIndex={-1}>
        <PageBoundary key={pathname}>
          <Suspense fallback={<Skeleton rows={16} />}>{pageAt(pathname)}</Suspense>
        </PageBoundary>
      </main>
      <ConnectionBanner />
      <TokenDialog />
    </div>
  );
}

const ENGINES = [
  ['kafka', 'Kafka'],
  ['postgresql', 'PostgreSQL'],
  ['redis', 'Redis'],
] as const;

/** The state of each engine. */
function EngineDots() {
  const { engines } = useService();
  const t = useTexts(shellTexts);
  const format = useFormat();
  return (
    <ul className="engines" aria-label={t.engines}>
      {ENGINES.map(([name, label]) => {
        const engine = engines?.find((one) => one.name === name);
        const state = engines === undefined ? 'unknown' : (engine?.status ?? 'unused');
        const more = engine?.status === 'up' ? t.answersIn(format.span(engine.latency_ms ?? 0)) : t[state];
        return (
          <li key={name} className={`engine engine--${state}`} title={`${label}: ${more}`}>
            <span className="engine__dot" aria-hidden="true" />
            {label} <span className="engine__state">{t[state]}</span>
          </li>
        );
      })}
    </ul>
  );
}

const LANGUAGES = [
  { value: 'en', label: 'EN' },
  { value: 'ru', label: 'RU' },
] as const;

function LanguageSwitch() {
  const t = useTexts(shellTexts);
  return (
    <SegmentedControl
      size="xs"
      aria-label={t.language}
      value={useLanguage()}
      data={[...LANGUAGES]}
      onChange={(value) => setLanguage(value === 'ru' ? 'ru' : 'en')}
    />
  );
}

/** Light or dark; the system decides until it is pressed. */
function ThemeSwitch() {
  const t = useTexts(shellTexts);
  // Its own way to hold back transitions would write a style element.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const now = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const label = now === 'dark' ? t.toLight : t.toDark;
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(now === 'dark' ? 'light' : 'dark')}
    >
      {now === 'dark' ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
    </ActionIcon>
  );
}

/** The product's mark: a parcel. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M16 6.5 24.5 11v10L16 25.5 7.5 21V11zM7.5 11 16 15.5 24.5 11M16 15.5v10M11.7 8.8l8.6 4.6" />
    </svg>
  );
}

/** Asks for the token when the server has refused a request without it, then repeats the requests. */
function TokenDialog() {
  const t = useTexts(shellTexts);
  const { asked } = useToken();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const close = () => askForToken(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setToken(text.trim());
    setText('');
    void queries.invalidateQueries();
  };
  return (
    <Dialog open={asked} title={t.tokenTitle} onClose={close}>
      <form onSubmit={submit} className="stack">
        <p>{t.tokenHint}</p>
        <PasswordInput
          label={t.token}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <div className="row-end">
          <Button variant="default" onClick={close}>
            {t.cancel}
          </Button>
          <Button type="submit">{t.tokenSave}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The search field for an order_uid. `/` moves the focus here from anywhere. */
function Search() {
  const t = useTexts(shellTexts);
  const { pathname } = usePlace();
  const uid = uidOf(pathname);
  const [text, setText] = useState(uid ?? '');
  const field = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  useEffect(() => setText(uid ?? ''), [uid]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = uidOfSearch(text);
    if (wanted === '') field.current?.focus();
    else if (wanted === uid) void queries.invalidateQueries({ queryKey: ['order', wanted] });
    else navigate(withQuery(addressOf(wanted), new URLSearchParams({ [SEARCHED]: 'yes' })));
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
