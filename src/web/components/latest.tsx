import { useRef, useState } from 'preact/hooks';
import { latestOrders, type OrderSummary } from '../api.ts';
import { count, formatMoney, formatTime } from '../format.ts';
import { usePoll } from '../hooks/use-poll.ts';
import { addressOf } from '../route.ts';
import { PauseIcon, PlayIcon } from './icons.tsx';

const EVERY_MS = 2_000;
const LIMIT = 30;

interface LatestProps {
  readonly open: string | undefined;
  readonly onOpen: (uid: string) => void;
}

/**
 * The last orders stored, refreshed while the tab is seen. Rows do not move under a pointer or the keyboard's focus: what is new
 * waits until it leaves.
 */
export function Latest({ open, onOpen }: LatestProps) {
  const [orders, setOrders] = useState<readonly OrderSummary[] | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  const [paused, setPaused] = useState(false);
  const waiting = useRef<readonly OrderSummary[] | undefined>(undefined);
  const held = useRef({ pointer: false, focus: false });

  const release = () => {
    if (held.current.pointer || held.current.focus || waiting.current === undefined) return;
    setOrders(waiting.current);
    waiting.current = undefined;
  };
  usePoll(
    async (signal) => {
      const next = await latestOrders(LIMIT, signal);
      if (signal.aborted) return;
      setFailed(next === undefined);
      if (next === undefined) return;
      waiting.current = next;
      if (orders === undefined) setOrders(next);
      else release();
    },
    EVERY_MS,
    !paused,
  );
  const hold = (what: 'pointer' | 'focus', on: boolean) => {
    held.current[what] = on;
    release();
  };

  return (
    <section class="latest" aria-labelledby="latest-title">
      <header class="latest__head">
        <h2 id="latest-title">Latest orders</h2>
        <span class={`live live--${failed ? 'lost' : paused ? 'paused' : 'on'}`}>
          {failed ? 'Retrying' : paused ? 'Paused' : 'Live'}
        </span>
        <button type="button" class="button button--icon" onClick={() => setPaused(!paused)}>
          {paused ? <PlayIcon /> : <PauseIcon />}
          <span class="hidden">{paused ? 'Resume updates' : 'Pause updates'}</span>
        </button>
      </header>
      {orders === undefined && !failed && <ListSkeleton />}
      {orders === undefined && failed && (
        <p class="latest__note">The list can’t be loaded now. Trying again.</p>
      )}
      {orders?.length === 0 && <p class="latest__note">No orders yet. The first one stored appears here.</p>}
      <ol
        class="rows"
        onPointerEnter={(event) => hold('pointer', event.pointerType === 'mouse')}
        onPointerLeave={() => hold('pointer', false)}
        onFocusIn={(event) =>
          hold('focus', event.target instanceof Element && event.target.matches(':focus-visible'))
        }
        onFocusOut={() => hold('focus', false)}
      >
        {orders?.map((one) => (
          <li key={one.order_uid}>
            <Row order={one} current={one.order_uid === open} onOpen={onOpen} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Row({
  order,
  current,
  onOpen,
}: {
  order: OrderSummary;
  current: boolean;
  onOpen: (uid: string) => void;
}) {
  return (
    <a
      class="row"
      href={addressOf(order.order_uid)}
      aria-current={current ? 'true' : undefined}
      onClick={(event) => {
        // With a modifier it opens another tab, as links do.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        onOpen(order.order_uid);
      }}
    >
      <span class="row__name">{order.delivery_name || 'No name'}</span>
      <span class="row__amount">{formatMoney(order.amount, order.currency)}</span>
      <span class="row__uid">{order.order_uid}</span>
      <span class="row__meta">
        {count(order.items, 'item')} · <time dateTime={order.stored_at}>{formatTime(order.stored_at)}</time>
      </span>
    </a>
  );
}

function ListSkeleton() {
  return (
    <div class="rows" aria-hidden="true">
      {Array.from({ length: 8 }, (_, at) => (
        <div key={at} class="row">
          <span class="bone" />
          <span class="bone bone--short" />
        </div>
      ))}
    </div>
  );
}
