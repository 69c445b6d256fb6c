import { Burger, Loader } from '@mantine/core';
import { Suspense, useEffect, useState } from 'react';
import { useTexts } from '../i18n/dictionary.ts';
import { EngineDots } from './engine-dots.tsx';
import { Link } from './link.tsx';
import { Mark } from './mark.tsx';
import { usePlace } from './navigation.ts';
import { Navigation } from './navigation-bar.tsx';
import { LanguageSwitch, ThemeSwitch } from './preferences.tsx';
import { pageAt } from './routes.tsx';
import { Search } from './search.tsx';
import { shellTexts } from './texts.ts';
import { TokenDialog } from './token-dialog.tsx';

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
