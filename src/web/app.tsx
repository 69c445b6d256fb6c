import { useEffect, useRef } from 'preact/hooks';
import type { EngineStatus, LookupOutcome } from './api.ts';
import { EngineDots } from './components/engines.tsx';
import { BackIcon, Mark } from './components/icons.tsx';
import { Latest } from './components/latest.tsx';
import { Absent, BadUid, Failed, Unavailable, Welcome } from './components/notices.tsx';
import { OrderView } from './components/order-view.tsx';
import { Search } from './components/search.tsx';
import { useEngines } from './hooks/use-engines.ts';
import { type Lookup, useLookup } from './hooks/use-lookup.ts';
import { useRoute } from './hooks/use-route.ts';

/** The page: search and engines above, the latest orders beside the one that is open. */
export function App() {
  const [uid, go] = useRoute();
  const lookup = useLookup(uid);
  const engines = useEngines();
  const field = useRef<HTMLInputElement>(null);
  const focusTitle = useRef(false);

  // Who opened an order from the list reads on at its title; who typed stays in the field.
  useEffect(() => {
    if (lookup.outcome === undefined || !focusTitle.current) return;
    focusTitle.current = false;
    document.getElementById('order-title')?.focus();
  }, [lookup.outcome]);
  useEffect(() => {
    document.title = uid === undefined ? 'Test Service' : `${uid} · Test Service`;
  }, [uid]);

  const find = (wanted: string) => {
    if (wanted === uid) lookup.again();
    else go(wanted);
  };
  const home = (event: Event) => {
    event.preventDefault();
    go(undefined);
  };
  return (
    <>
      <a class="skip" href="#main">
        Skip to the order
      </a>
      <header class="top">
        <a class="brand" href="/" onClick={home}>
          <Mark />
          <span>Test Service</span>
        </a>
        <Search uid={uid} onFind={find} field={field} />
        <EngineDots engines={engines} />
      </header>
      <div class={uid === undefined ? 'columns columns--start' : 'columns columns--open'}>
        <Latest
          open={uid}
          onOpen={(wanted) => {
            focusTitle.current = true;
            find(wanted);
          }}
        />
        <main id="main" class="page" tabIndex={-1} aria-busy={lookup.busy}>
          {uid !== undefined && (
            <a class="back" href="/" onClick={home}>
              <BackIcon /> Latest orders
            </a>
          )}
          <Outcome lookup={lookup} engines={engines} />
        </main>
      </div>
      <p class="hidden" role="status">
        {spoken(lookup)}
      </p>
    </>
  );
}

interface OutcomeProps {
  readonly lookup: Lookup;
  readonly engines: readonly EngineStatus[] | undefined;
}

function Outcome({ lookup: { uid, outcome, busy, again }, engines }: OutcomeProps) {
  if (uid === undefined) return <Welcome engines={engines} />;
  switch (outcome?.kind) {
    case undefined:
      return <Skeleton />;
    case 'found':
      return <OrderView key={uid} found={outcome.found} />;
    case 'absent':
      return <Absent uid={uid} onAgain={again} />;
    case 'bad-uid':
      return <BadUid detail={outcome.detail} />;
    case 'unavailable':
      return <Unavailable who={outcome.who} afterMs={outcome.retryAfterMs} busy={busy} onAgain={again} />;
    case 'failed':
      return <Failed title={outcome.title} instance={outcome.instance} onAgain={again} />;
  }
}

/** What a screen reader is told. */
function spoken({ uid, outcome }: Lookup): string {
  if (uid === undefined || outcome === undefined) return '';
  const texts: Record<LookupOutcome['kind'], string> = {
    found: `Order ${uid} is open`,
    absent: `There is no order ${uid}`,
    'bad-uid': 'This is not an order_uid',
    unavailable: 'Service unavailable, trying again',
    failed: 'Something went wrong',
  };
  return texts[outcome.kind];
}

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      <span class="bone bone--title" />
      <span class="bone bone--card" />
      <span class="bone bone--card" />
    </div>
  );
}
