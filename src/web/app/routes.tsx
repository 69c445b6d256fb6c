import type { ReactNode } from 'react';
import { uidOf } from '../pages/orders/address.ts';
import { OrderPage } from '../pages/orders/order-page.tsx';
import { OrdersPage } from '../pages/orders/orders-page.tsx';
import { NotFound } from './not-found.tsx';

/** The page at a path. */
export function pageAt(pathname: string): ReactNode {
  const uid = uidOf(pathname);
  if (uid !== undefined) return <OrderPage uid={uid} key={uid} />;
  switch (pathname.replace(/\/+$/, '')) {
    case '':
    case '/orders':
      return <OrdersPage />;
    default:
      return <NotFound />;
  }
}
