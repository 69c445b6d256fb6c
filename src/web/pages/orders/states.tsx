import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useState } from 'react';
import type { OrderState } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { lifeTexts, stateTexts } from './life-texts.ts';

/** How a state is for those who wait for the order. */
const TONES: Readonly<Record<OrderState, 'way' | 'good' | 'bad' | 'back' | 'none'>> = {
  placed: 'way',
  paid: 'way',
  assembled: 'way',
  handed_over: 'way',
  delivered: 'good',
  payment_failed: 'bad',
  cancelled_by_customer: 'bad',
  cancelled_by_seller: 'bad',
  out_of_stock: 'bad',
  returned: 'back',
  refunded: 'back',
  partly_returned: 'back',
  partly_refunded: 'back',
  other: 'none',
};

export function StateBadge({ state }: { readonly state: OrderState }) {
  return <span className={`state state--${TONES[state]}`}>{useTexts(stateTexts)[state]}</span>;
}

const EVERY_MS = 2_000;

interface StateFunnelProps {
  /** The states that are listed; none stands for all. */
  readonly chosen: readonly OrderState[];
  readonly onChoose: (states: readonly OrderState[]) => void;
}

/** How many orders are in each state, live: the way to the customer first, then the ways out that have orders. */
export function StateFunnel({ chosen, onChoose }: StateFunnelProps) {
  const t = useTexts(lifeTexts);
  const names = useTexts(stateTexts);
  const format = useFormat();
  // One stop for the Tab key; the arrows lead from state to state.
  const [focused, setFocused] = useState(0);
  const { data } = useQuery({
    queryKey: ['order-states'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/orders/states', { signal })),
    refetchInterval: refetchEvery(EVERY_MS),
  });
  if (data === undefined) return <div className="states states--waiting" aria-hidden="true" />;
  const onWay = (state: OrderState) => TONES[state] === 'way' || TONES[state] === 'good';
  const shown = data.states.filter(({ state, orders }) => onWay(state) || orders > 0 || chosen.includes(state));
  const stages = shown.filter(({ state }) => onWay(state));
  // What is on its way back has been delivered.
  const back = data.states.reduce((sum, { state, orders }) => sum + (TONES[state] === 'back' ? orders : 0), 0);
  const reached = (from: OrderState) =>
    stages.slice(stages.findIndex(({ state }) => state === from)).reduce((sum, { orders }) => sum + orders, back);
  const most = Math.max(1, ...shown.map(({ orders }) => orders));
  const toggle = (state: OrderState) =>
    onChoose(chosen.includes(state) ? chosen.filter((one) => one !== state) : [...chosen, state]);
  const step = ({ key, currentTarget }: KeyboardEvent<HTMLElement>) => {
    const by = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    if (by !== 0) currentTarget.querySelectorAll('button')[(focused + by + shown.length) % shown.length]?.focus();
  };
  return (
    <div className="states">
      <h2 className="states__title">{t.states}</h2>
      <div role="toolbar" aria-label={t.states} className="states__row" onKeyDown={step}>
        {shown.map(({ state, orders }, at) => (
          <button
            key={state}
            type="button"
            className={`states__one state--${TONES[state]}`}
            aria-pressed={chosen.includes(state)}
            tabIndex={at === Math.min(focused, shown.length - 1) ? 0 : -1}
            onFocus={() => setFocused(at)}
            onClick={() => toggle(state)}
          >
            <span className="states__name">{names[state]}</span>
            <b>{format.number(orders)}</b>
            {onWay(state) && (
              <span className="states__reached" title={t.reachedHint}>
                {t.reached(format.number(reached(state)))}
              </span>
            )}
            <span className="states__bar" style={{ width: `${(100 * orders) / most}%` }} aria-hidden="true" />
          </button>
        ))}
      </div>
      {data.unknown > 0 && <p className="muted">{t.unknown(data.unknown)}</p>}
      {data.counted_s === null && <p className="muted">{t.uncounted}</p>}
    </div>
  );
}
