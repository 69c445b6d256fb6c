import { type ComponentType, lazy, type ReactNode } from 'react';
import { uidOf } from '../pages/orders/address.ts';
import { OrderPage } from '../pages/orders/order-page.tsx';
import { OrdersPage } from '../pages/orders/orders-page.tsx';
import { NotFound } from './not-found.tsx';
import { pages } from './pages.ts';

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
