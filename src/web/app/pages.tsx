import {
  IconActivity,
  IconApi,
  IconBolt,
  IconDatabase,
  IconFlame,
  IconMailExclamation,
  IconMessages,
  IconReceipt,
  IconShieldCheck,
} from '@tabler/icons-react';
import { type ComponentType, lazy, type ReactNode } from 'react';
import { PageTitle } from '../components/page.tsx';
import { useTexts } from '../i18n/language.ts';
import { uidOf } from '../pages/addresses.ts';
import { OrderPage } from '../pages/orders/order-page.tsx';
import { OrdersPage } from '../pages/orders/orders-page.tsx';
import { basePath } from './base.ts';
import { Link } from './navigation.tsx';
import { shellTexts } from './texts.ts';

/** The pages in the order of the navigation. The server serves the console at these paths, too. */
export const pages = [
  { name: 'overview', path: '/' },
  { name: 'orders', path: '/orders' },
  { name: 'generator', path: '/generator' },
  { name: 'messages', path: '/messages' },
  { name: 'letters', path: '/dead-letters' },
  { name: 'cache', path: '/cache' },
  { name: 'proof', path: '/proof' },
  { name: 'chaos', path: '/chaos' },
] as const;

type PageName = (typeof pages)[number]['name'];

/** All but the orders come when they are first opened. */
const PAGES: Readonly<Record<PageName, ComponentType>> = {
  overview: lazy(async () => ({
    default: (await import('../pages/overview/overview-page.tsx')).OverviewPage,
  })),
  orders: OrdersPage,
  generator: lazy(async () => ({
    default: (await import('../pages/generator/generator-page.tsx')).GeneratorPage,
  })),
  letters: lazy(async () => ({ default: (await import('../pages/letters/letters-page.tsx')).LettersPage })),
  messages: lazy(async () => ({
    default: (await import('../pages/messages/messages-page.tsx')).MessagesPage,
  })),
  cache: lazy(async () => ({ default: (await import('../pages/cache/cache-page.tsx')).CachePage })),
  proof: lazy(async () => ({ default: (await import('../pages/proof/proof-page.tsx')).ProofPage })),
  chaos: lazy(async () => ({ default: (await import('../pages/proof/chaos/chaos-page.tsx')).ChaosPage })),
};

/** The page at a path. */
export function pageAt(pathname: string): ReactNode {
  const uid = uidOf(pathname);
  if (uid !== undefined) return <OrderPage uid={uid} key={uid} />;
  const wanted = pathname.replace(/\/+$/, '') || '/';
  const found = pages.find(({ path }) => path === wanted);
  if (found === undefined) return <NotFound />;
  const Page = PAGES[found.name];
  return <Page />;
}

const ICONS = {
  overview: IconActivity,
  orders: IconReceipt,
  generator: IconBolt,
  messages: IconMessages,
  letters: IconMailExclamation,
  cache: IconDatabase,
  proof: IconShieldCheck,
  chaos: IconFlame,
} as const;

/** The list of pages; the one that is open is marked, an order's page is one of the orders. */
export function Navigation({ pathname }: { readonly pathname: string }) {
  const t = useTexts(shellTexts);
  return (
    <nav aria-label={t.navigation}>
      <ul className="nav">
        {pages.map(({ name, path }) => {
          const Icon = ICONS[name];
          const here = pathname === path || (name === 'orders' && pathname.startsWith('/orders'));
          return (
            <li key={name}>
              <Link className="nav__link" href={path} aria-current={here ? 'page' : undefined}>
                <Icon size={18} stroke={1.7} aria-hidden />
                {t.pages[name]}
              </Link>
            </li>
          );
        })}
        <li>
          <a className="nav__link" href={`${basePath}/docs`}>
            <IconApi size={18} stroke={1.7} aria-hidden />
            {t.apiDocs}
          </a>
        </li>
      </ul>
    </nav>
  );
}

function NotFound() {
  const t = useTexts(shellTexts);
  return (
    <>
      <PageTitle title={t.notFound} />
      <p>
        {t.notFoundHint} <Link href="/">{t.toStart}</Link>
      </p>
    </>
  );
}
