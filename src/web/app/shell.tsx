import {
  ActionIcon,
  Burger,
  Button,
  Kbd,
  Loader,
  PasswordInput,
  SegmentedControl,
  TextInput,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, Suspense, useEffect, useRef, useState } from 'react';
import type { Readiness } from '../../client/schema.generated.ts';
import { ApiError } from '../api/client.ts';
import { askForToken, setToken, useToken } from '../api/token.ts';
import { Dialog } from '../components/dialog.tsx';
import { setLanguage, useFormat, useLanguage, useTexts } from '../i18n/language.ts';
import { addressOf, uidOf } from '../pages/addresses.ts';
import { basePath } from './base.ts';
import { Link, navigate, usePlace } from './navigation.tsx';
import { Navigation, pageAt } from './pages.tsx';
import { shellTexts } from './texts.ts';

/** Header, navigation and the page. */
export function Shell() {
  const { pathname } = usePlace();
  const t = useTexts(shellTexts);
  const [menu, setMenu] = useState(false);
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
          onClick={() => setMenu(!menu)}
          aria-label={t.menu}
          aria-expanded={menu}
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
      <aside className={menu ? 'side side--open' : 'side'}>
        <Navigation pathname={pathname} />
        <EngineDots />
      </aside>
      <main id="main" className="page" tabIndex={-1}>
        <Suspense fallback={<Loader aria-label={t.loading} />}>{pageAt(pathname)}</Suspense>
      </main>
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
  const engines = useEngines();
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

type EngineStatus = Readiness['engines'][number];

const EVERY_MS = 3_000;

/** The current state of the engines; undefined while the service does not answer. */
function useEngines(): readonly EngineStatus[] | undefined {
  const { data, isError } = useQuery({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => readiness(signal),
    refetchInterval: EVERY_MS,
  });
  return isError ? undefined : data?.engines;
}

async function readiness(signal: AbortSignal): Promise<Readiness> {
  const response = await fetch(`${basePath}/readyz`, { signal }).catch(() => undefined);
  // 503 has the same body: a required engine is down.
  if (response === undefined || (!response.ok && response.status !== 503))
    throw new ApiError('unreachable', response?.status ?? 0);
  return await response.json();
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
