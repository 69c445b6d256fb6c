import type { Order } from '../../../client/schema.generated.ts';
import { Card, Facts } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { ItemsTable } from './items-table.tsx';
import { orderTexts } from './texts.ts';

/** An order as a person reads it. */
export function Receipt({ order }: { readonly order: Order }) {
  const t = useTexts(orderTexts);
  const format = useFormat();
  const { delivery, payment } = order;
  return (
    <div className="cards">
      <Card title={t.delivery}>
        <p className="lead">{delivery.name}</p>
        <address>
          {delivery.address}
          <br />
          {[delivery.zip, delivery.city].filter((one) => one !== '').join(' ')}
          {delivery.region !== '' && `, ${delivery.region}`}
        </address>
        <Facts
          facts={[
            [t.facts.phone, <Phone key="phone" number={delivery.phone} />],
            [t.facts.email, delivery.email && <a href={mailto(delivery.email)}>{delivery.email}</a>],
            [t.facts.service, order.delivery_service],
            [t.facts.track, order.track_number],
          ]}
        />
      </Card>
      <Card title={t.payment}>
        <p className="lead">{format.money(payment.amount, payment.currency, 'narrow')}</p>
        <Facts
          facts={[
            [t.facts.paid, <Instant key="paid" at={payment.payment_dt * 1000} />],
            [t.facts.currency, payment.currency],
            [t.facts.provider, payment.provider],
            [t.facts.bank, payment.bank],
            [t.facts.transaction, <code key="transaction">{payment.transaction}</code>],
            [t.facts.request, payment.request_id],
          ]}
        />
      </Card>
      <ItemsTable items={order.items} payment={payment} />
      <Card title={t.more} className="card--wide">
        <Facts
          facts={[
            [t.facts.created, <Instant key="created" at={order.date_created} />],
            [t.facts.customer, order.customer_id],
            [t.facts.language, order.locale],
            [t.facts.entry, order.entry],
            [t.facts.channel, String(order.sm_id)],
            [t.facts.shard, order.shardkey],
            [t.facts.flow, order.oof_shard],
            [t.facts.signature, order.internal_signature],
          ]}
        />
      </Card>
    </div>
  );
}

function Phone({ number }: { readonly number: string }) {
  const digits = number.replace(/[^+\d]/g, '');
  return digits === '' ? number : <a href={`tel:${digits}`}>{number}</a>;
}

function mailto(address: string): string {
  return `mailto:${encodeURIComponent(address.toWellFormed())}`;
}
