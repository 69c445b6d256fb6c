import { Button, Loader } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Component, type ReactNode, useEffect, useRef, useState } from 'react';
import { useService } from '../api/readiness.ts';
import { PageTitle } from '../components/page.tsx';
import { useTexts } from '../i18n/language.ts';
import { storageKey } from './base.ts';
import { shellTexts } from './texts.ts';

interface BoundaryState {
  readonly error: unknown;
}

/** Shows an error that a page throws while it is drawn in place of that page; give it a key per page. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override readonly state: BoundaryState = { error: undefined };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error ?? 'undefined' };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <Broken error={error} onRetry={() => this.setState({ error: undefined })} />;
  }
}

function Broken({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const t = useTexts(shellTexts);
  return (
    <section className="notice">
      <PageTitle title={t.broken} />
      <p role="alert">{t.brokenHint}</p>
      <p className="muted">
        <code>{String(error)}</code>
      </p>
      <div className="row">
        <Button onClick={onRetry}>{t.retry}</Button>
        <Button variant="default" onClick={() => location.reload()}>
          {t.reload}
        </Button>
      </div>
    </section>
  );
}

/**
 * Stands for a page whose code did not come. Once the service answers, the page is loaded anew: a browser may not ask
 * again for a module that failed, and a newer version of the service has other files.
 */
export function NotLoaded() {
  const t = useTexts(shellTexts);
  const [since] = useState(Date.now);
  const { answeredAt } = useService();
  useEffect(() => {
    if (answeredAt > since && mayReload()) location.reload();
  }, [answeredAt, since]);
  return (
    <section className="notice">
      <PageTitle title={t.notLoaded} />
      <p role="alert">{t.notLoadedHint}</p>
      <Button variant="default" onClick={() => location.reload()}>
        {t.reload}
      </Button>
    </section>
  );
}

const RELOADED = storageKey('reloaded');
const AGAIN_AFTER_MS = 60_000;

/** Whether to load the page without being asked: not again and again, when that does not help. */
function mayReload(): boolean {
  try {
    const last = Number(sessionStorage.getItem(RELOADED));
    if (Date.now() - last < AGAIN_AFTER_MS) return false;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    return true;
  } catch {
    return false;
  }
}

/** Says that the service does not answer while that is so; when it answers again, everything shown is read anew. */
export function ConnectionBanner() {
  const t = useTexts(shellTexts);
  const queries = useQueryClient();
  const { lost } = useService();
  const wasLost = useRef(false);
  useEffect(() => {
    if (wasLost.current && !lost) void queries.invalidateQueries();
    wasLost.current = lost;
  }, [lost, queries]);
  if (!lost) return null;
  return (
    <p className="banner" role="alert">
      <Loader size={14} color="currentColor" aria-hidden /> {t.reconnecting}
    </p>
  );
}
