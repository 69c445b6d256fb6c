import { Link } from '../../../app/link.tsx';
import { PageTitle } from '../../../components/page-title.tsx';
import { useTexts } from '../../../i18n/dictionary.ts';
import { ChaosPanel } from './chaos-panel.tsx';
import { chaosTexts } from './texts.ts';

/** The chaos panel as a page. */
export function ChaosPage() {
  const t = useTexts(chaosTexts);
  return (
    <>
      <PageTitle title={t.title} />
      <ChaosPanel>
        <Link href="/proof">{t.verify}</Link>
      </ChaosPanel>
    </>
  );
}
