import {
  type Icon,
  IconActivity,
  IconApi,
  IconBolt,
  IconDatabase,
  IconFlame,
  IconMailExclamation,
  IconMessages,
  IconReceipt,
  IconShieldCheck,
  IconUsers,
} from '@tabler/icons-react';
import { type ComponentType, lazy, type ReactNode } from 'react';
import { PageTitle } from '../components/page.tsx';
import { type Dictionary, dictionary, useLanguage, useTexts } from '../i18n/language.ts';
import { nameBelow, uidOf } from '../pages/addresses.ts';
import { OrderPage } from '../pages/orders/order-page.tsx';
import { OrdersPage } from '../pages/orders/orders-page.tsx';
import { basePath } from './base.ts';
import { NotLoaded } from './failures.tsx';
import { Link } from './navigation.tsx';
import { shellTexts } from './texts.ts';

interface Page {
  readonly path: string;
  /** In the navigation. */
  readonly title: Dictionary<string>;
  readonly Icon: Icon;
  readonly Page: ComponentType;
}

/**
 * The pages in the order of the navigation. All but the orders are loaded when they are first opened. The server has
 * their paths in `web.ts`.
 */
const PAGES: readonly Page[] = [
  {
    path: '/',
    title: dictionary('Overview', 'Обзор'),
    Icon: IconActivity,
    Page: loaded(async () => (await import('../pages/overview/overview-page.tsx')).OverviewPage),
  },
  { path: '/orders', title: dictionary('Orders', 'Заказы'), Icon: IconReceipt, Page: OrdersPage },
  {
    path: '/generator',
    title: dictionary('Generator', 'Генератор'),
    Icon: IconBolt,
    Page: loaded(async () => (await import('../pages/generator/generator-page.tsx')).GeneratorPage),
  },
  {
    path: '/readers',
    title: dictionary('Readers', 'Читатели'),
    Icon: IconUsers,
    Page: loaded(async () => (await import('../pages/readers/readers-page.tsx')).ReadersPage),
  },
  {
    path: '/messages',
    title: dictionary('Messages', 'Сообщения'),
    Icon: IconMessages,
    Page: loaded(async () => (await import('../pages/messages/messages-page.tsx')).MessagesPage),
  },
  {
    path: '/dead-letters',
    title: dictionary('Dead letters', 'Отклонённые'),
    Icon: IconMailExclamation,
    Page: loaded(async () => (await import('../pages/letters/letters-page.tsx')).LettersPage),
  },
  {
    path: '/cache',
    title: dictionary('Cache', 'Кэш'),
    Icon: IconDatabase,
    Page: loaded(async () => (await import('../pages/cache/cache-page.tsx')).CachePage),
  },
  {
    path: '/proof',
    title: dictionary('Proof', 'Доказательство'),
    Icon: IconShieldCheck,
    Page: loaded(async () => (await import('../pages/proof/proof-page.tsx')).ProofPage),
  },
  {
    path: '/chaos',
    title: dictionary('Chaos', 'Хаос'),
    Icon: IconFlame,
    Page: loaded(async () => (await import('../pages/proof/chaos/chaos-page.tsx')).ChaosPage),
  },
];

const TopicPage = loaded(async () => (await import('../pages/topics/topic-page.tsx')).TopicPage);
const GroupPage = loaded(async () => (await import('../pages/groups/group-page.tsx')).GroupPage);

function loaded<P>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  return lazy<ComponentType<P>>(async () => ({ default: await load().catch(() => NotLoaded) }));
}

/** The page at a path. */
export function pageAt(pathname: string): ReactNode {
  const [uid, topic, group] = [uidOf(pathname), nameBelow('topics', pathname), nameBelow('groups', pathname)];
  if (uid !== undefined) return <OrderPage uid={uid} key={uid} />;
  if (topic !== undefined) return <TopicPage topic={topic} key={topic} />;
  if (group !== undefined) return <GroupPage group={group} key={group} />;
  const wanted = pathname.replace(/\/+$/, '') || '/';
  const found = PAGES.find(({ path }) => path === wanted);
  return found === undefined ? <NotFound /> : <found.Page />;
}

/** Pages that are not in the navigation, and whose they count as. */
const BELOW: Readonly<Record<string, string>> = { '/topics': '/messages', '/groups': '/messages' };

/** The list of pages. The open one is marked; an order's page counts as the orders'. */
export function Navigation({ pathname }: { readonly pathname: string }) {
  const t = useTexts(shellTexts);
  const language = useLanguage();
  const parent = /^\/[^/]*/.exec(pathname)?.[0] ?? '/';
  return (
    <nav aria-label={t.navigation}>
      <ul className="nav">
        {PAGES.map(({ path, title, Icon }) => (
          <li key={path}>
            <Link
              className="nav__link"
              href={path}
              aria-current={path === (BELOW[parent] ?? parent) ? 'page' : undefined}
            >
              <Icon size={18} stroke={1.7} aria-hidden />
              {title[language]}
            </Link>
          </li>
        ))}
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
