import { useState } from 'preact/hooks';
import type { Order } from '../../order/order.ts';
import type { FoundOrder } from '../api.ts';
import { formatDateTime, formatMoney } from '../format.ts';
import { CopyButton } from './copy-button.tsx';
import { type Fact, FactCard, Facts } from './facts.tsx';
import { ItemsTable } from './items-table.tsx';
import { Journey } from './journey.tsx';
import { JsonView } from './json-view.tsx';

/** An order as a person reads it, or as JSON. */
export function OrderView({ found }: { found: FoundOrder }) {
  const [asJson, setAsJson] = useState(false);
  const { order } = found;
  return (
    <article class="order" aria-labelledby="order-title">
      <header class="order__head">
        <div class="order__title">
          <h1 id="order-title" tabIndex={-1} aria-label={`Order ${order.order_uid}`}>
            {order.order_uid}
          </h1>
          <CopyButton text={order.order_uid} label="Copy order_uid" />
        </div>
        <p class="order__amount">
          {formatMoney(order.payment.amount, order.payment.currency, 'narrow')}{' '}
          <span>{order.payment.currency}</span>
        </p>
        <fieldset class="segments">
          <legend class="hidden">Show the order as</legend>
          {[false, true].map((json) => (
            <label key={String(json)}>
              <input type="radio" name="view" checked={asJson === json} onChange={() => setAsJson(json)} />
              <span>{json ? 'JSON' : 'Details'}</span>
            </label>
          ))}
        </fieldset>
      </header>
      <Journey found={found} />
      {asJson ? <JsonView order={order} /> : <Details order={order} />}
    </article>
  );
}

function Details({ order }: { order: Order }) {
  const { delivery, payment } = order;
  return (
    <div class="cards">
      <FactCard title="Delivery" facts={deliveryFacts(order)}>
        <p class="card__lead">{delivery.name}</p>
        <address>
          {delivery.address}
          <br />
          {[delivery.zip, delivery.city].filter((one) => one !== '').join(' ')}
          {delivery.region !== '' && `, ${delivery.region}`}
        </address>
      </FactCard>
      <FactCard
        title="Payment"
        facts={[
          ['Currency', payment.currency],
          ['Provider', payment.provider],
          ['Bank', payment.bank],
          ['Transaction', <code key="transaction">{payment.transaction}</code>],
          ['Request', payment.request_id],
        ]}
      >
        <p class="card__lead">{formatMoney(payment.amount, payment.currency, 'narrow')}</p>
        <p class="card__sub">
          Paid <Instant at={payment.payment_dt * 1000} />
        </p>
      </FactCard>
      <ItemsTable items={order.items} payment={payment} />
      <section class="card card--wide">
        <h3 class="card__title">Order</h3>
        <Facts
          wide
          facts={[
            ['Created', <Instant key="created" at={order.date_created} />],
            ['Customer', order.customer_id],
            ['Language', order.locale],
            ['Entry', order.entry],
            ['Sales channel', String(order.sm_id)],
            ['Shard key', order.shardkey],
            ['Order flow shard', order.oof_shard],
            ['Signature', order.internal_signature],
          ]}
        />
      </section>
    </div>
  );
}

function deliveryFacts({ delivery, delivery_service, track_number }: Order): Fact[] {
  const phone = delivery.phone.replace(/[^+\d]/g, '');
  return [
    ['Phone', phone === '' ? delivery.phone : <a href={`tel:${phone}`}>{delivery.phone}</a>],
    [
      'E-mail',
      delivery.email === '' ? (
        ''
      ) : (
        <a href={`mailto:${encodeURIComponent(delivery.email)}`}>{delivery.email}</a>
      ),
    ],
    ['Service', delivery_service],
    ['Track number', track_number],
  ];
}

function Instant({ at }: { at: string | number }) {
  const date = new Date(at);
  const iso = Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {formatDateTime(at)}
    </time>
  );
}
