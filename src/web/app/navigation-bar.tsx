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
import { useTexts } from '../i18n/dictionary.ts';
import { basePath } from './base.ts';
import { Link } from './link.tsx';
import { pages } from './pages.ts';
import { shellTexts } from './texts.ts';

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
