import { PageTitle } from '../components/page-title.tsx';
import { useTexts } from '../i18n/dictionary.ts';
import { Link } from './link.tsx';
import { shellTexts } from './texts.ts';

export function NotFound() {
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
