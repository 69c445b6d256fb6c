import type { Order } from '../../../client/schema.generated.ts';
import { Card, Facts, Instant } from '../../components/page.tsx';
import { TableHead } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
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

interface ItemsTableProps {
  readonly items: Order['items'];
  readonly payment: Order['payment'];
}

/** The order's items, and how they add up to what was paid. */
function ItemsTable({ items, payment }: ItemsTableProps) {
  const t = useTexts(orderTexts);
  const format = useFormat();
  const money = (minor: number) => format.money(minor, payment.currency, 'narrow');
  // The sender writes 0 where an article has no sizes.
  const sizeOf = (size: string) => (size === '' || size === '0' ? '' : t.size(size));
  const sums = [
    [t.goods, payment.goods_total],
    [t.deliveryCost, payment.delivery_cost],
    [t.fee, payment.custom_fee],
    [t.total, payment.amount],
  ] as const;
  return (
    <Card title={t.itemsTitle} className="card--wide">
      <table className="items">
        <TableHead
          columns={[
            t.item,
            [t.status, 'items__extra'],
            [t.price, 'items__extra num'],
            [t.discount, 'num'],
            [t.total, 'num'],
          ]}
        />
        <tbody>
          {items.map(({ name, brand, size, nm_id, status, price, sale, total_price }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike in every field, and the list does not change.
            <tr key={at}>
              <th scope="row">
                {name}
                <span className="items__sub">
                  {[brand, sizeOf(size), `№ ${nm_id}`].filter((one) => one !== '').join(' · ')}
                </span>
              </th>
              <td className="items__extra">{status}</td>
              <td className="items__extra num">{money(price)}</td>
              <td className="num">{sale === 0 ? '—' : `−${sale}%`}</td>
              <td className="num">{money(total_price)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className="totals">
        {sums.map(([name, minor], at) => (
          <div key={name} className={at === sums.length - 1 ? 'totals__sum' : ''}>
            <dt>{name}</dt>
            <dd>{money(minor)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
