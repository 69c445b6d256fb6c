import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EngineStatus } from '../api.ts';
import { EngineCards } from './engines.tsx';
import { AlertIcon, Mark, SearchIcon } from './icons.tsx';

interface NoticeProps {
  readonly title: string;
  readonly tone?: 'start' | 'quiet' | 'warning';
  readonly children: ComponentChildren;
}

function Notice({ title, tone = 'quiet', children }: NoticeProps) {
  return (
    <section class={`notice notice--${tone}`}>
      {tone === 'warning' ? <AlertIcon /> : tone === 'start' ? <Mark /> : <SearchIcon />}
      <h1 id="order-title" tabIndex={-1}>
        {title}
      </h1>
      {children}
    </section>
  );
}

/** Nothing is open yet. */
export function Welcome({ engines }: { engines: readonly EngineStatus[] | undefined }) {
  return (
    <>
      <Notice title="Find an order" tone="start">
        <p>
          Type an <code>order_uid</code> above, or pick one of the latest orders.
        </p>
        <p class="notice__hint">
          <kbd>/</kbd> goes to the search field, <kbd>Enter</kbd> finds.
        </p>
      </Notice>
      <EngineCards engines={engines} />
    </>
  );
}

/** PostgreSQL and Redis both know nothing of it. */
export function Absent({ uid, onAgain }: { uid: string; onAgain: () => void }) {
  return (
    <Notice title="Order not found">
      <p>
        There is no order <code>{uid}</code>. One sent a moment ago may still be on its way.
      </p>
      <button type="button" class="button" onClick={onAgain}>
        Look again
      </button>
    </Notice>
  );
}

/** The text can't be an order_uid. */
export function BadUid({ detail }: { detail: string }) {
  return (
    <Notice title="This is not an order_uid" tone="warning">
      <p>{detail}</p>
    </Notice>
  );
}

/** Neither answer nor error of ours. */
export function Failed({
  title,
  instance,
  onAgain,
}: {
  title: string;
  instance: string;
  onAgain: () => void;
}) {
  return (
    <Notice title={title} tone="warning">
      {instance !== '' && (
        <p>
          The log has more under <code>{instance}</code>.
        </p>
      )}
      <button type="button" class="button" onClick={onAgain}>
        Try again
      </button>
    </Notice>
  );
}

interface UnavailableProps {
  readonly who: 'database' | 'service';
  readonly afterMs: number;
  readonly busy: boolean;
  readonly onAgain: () => void;
}

/** Counts down and tries again by itself. */
export function Unavailable({ who, afterMs, busy, onAgain }: UnavailableProps) {
  const [left, setLeft] = useState(Math.ceil(afterMs / 1000));
  useEffect(() => {
    if (busy) {
      setLeft(Math.ceil(afterMs / 1000));
      return;
    }
    const timer = setTimeout(() => (left <= 1 ? onAgain() : setLeft(left - 1)), 1000);
    return () => clearTimeout(timer);
  }, [busy, left, afterMs, onAgain]);
  return (
    <Notice title="Service unavailable" tone="warning">
      <p>
        {who === 'database'
          ? 'PostgreSQL does not answer. Orders that are in the cache can still be opened.'
          : 'The service does not answer. It may be starting again.'}
      </p>
      <p class="notice__hint" aria-hidden="true">
        {busy ? 'Trying now…' : `Trying again in ${left} s`}
      </p>
      <button type="button" class="button" disabled={busy} onClick={onAgain}>
        Try now
      </button>
    </Notice>
  );
}
