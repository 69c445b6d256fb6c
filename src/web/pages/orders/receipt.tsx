import type { ReactNode } from 'react';
import type { Order } from '../../../client/schema.generated.ts';
import { itemState } from '../../../order/states.ts';
import { namesOf } from '../../components/names.ts';
import { Card, type Fact, Facts, Instant } from '../../components/page.tsx';
import { TableHead } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { type OrderLabels, orderLabels } from './labels.ts';
import { stateTexts } from './life-texts.ts';
import { orderTexts } from './texts.ts';

/** Shown in another place of the receipt. */
const ELSEWHERE = null;

/** An order as a person reads it. A field that is not named here is a fact under its label. */
export function Receipt({ order }: { readonly order: Order }) {
  const t = useTexts(orderTexts);
  const labels = useTexts(orderLabels);
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
            ...factsOf(labels.delivery, delivery, {
              name: ELSEWHERE,
              address: ELSEWHERE,
              zip: ELSEWHERE,
              city: ELSEWHERE,
              region: ELSEWHERE,
              phone: <Phone number={delivery.phone} />,
              email: delivery.email && <a href={mailto(delivery.email)}>{delivery.email}</a>,
            }),
            [labels.order.delivery_service, order.delivery_service],
            [labels.order.track_number, order.track_number],
          ]}
        />
      </Card>
      <Card title={t.payment}>
        <p className="lead">{format.money(payment.amount, payment.currency, 'narrow')}</p>
        <Facts
          facts={factsOf(labels.payment, payment, {
            payment_dt: <Instant at={payment.payment_dt * 1000} />,
            transaction: <code>{payment.transaction}</code>,
            goods_total: ELSEWHERE,
            delivery_cost: ELSEWHERE,
            custom_fee: ELSEWHERE,
            amount: ELSEWHERE,
          })}
        />
      </Card>
      <ItemsTable items={order.items} payment={payment} />
      <Card title={t.more} className="card--wide">
        <Facts
          facts={factsOf(labels.order, order, {
            order_uid: ELSEWHERE,
            delivery_service: ELSEWHERE,
            track_number: ELSEWHERE,
            date_created: <Instant at={order.date_created} />,
          })}
        />
      </Card>
    </div>
  );
}

/** Each field under its label, in the order of the labels; `shown` says what stands for the value of some. */
function factsOf<K extends string>(
  labels: Readonly<Record<K, string>>,
  values: Readonly<Record<K, string | number>>,
  shown: Partial<Record<K, ReactNode>>,
): Fact[] {
  return namesOf(labels).map((name) => [labels[name], shown[name] === undefined ? String(values[name]) : shown[name]]);
}

function Phone({ number }: { readonly number: string }) {
  const digits = number.replace(/[^+\d]/g, '');
  return digits === '' ? number : <a href={`tel:${digits}`}>{number}</a>;
}

function mailto(address: string): string {
  return `mailto:${encodeURIComponent(address.toWellFormed())}`;
}

/** A status code of an item, and the name of its state if it has one. */
export function StatusCode({ code }: { readonly code: number }) {
  const names = useTexts(stateTexts);
  const state = itemState(code);
  return (
    <span>
      {code}
      {state !== undefined && <span className="muted"> {names[state]}</span>}
    </span>
  );
}

/** The item's fields with a column of their own; the others stand below its name. */
const COLUMNS: ReadonlySet<keyof OrderLabels['item']> = new Set([
  'name',
  'status',
  'price',
  'sale',
  'total_price',
] as const);

/** The order's items, and how they add up to what was paid. */
function ItemsTable({ items, payment }: { readonly items: Order['items']; readonly payment: Order['payment'] }) {
  const t = useTexts(orderTexts);
  const { item: labels, payment: sums } = useTexts(orderLabels);
  const format = useFormat();
  const money = (minor: number) => format.money(minor, payment.currency, 'narrow');
  const below = (item: Order['items'][number]) =>
    namesOf(labels)
      .filter((name) => !COLUMNS.has(name) && item[name] !== '')
      // The sender writes 0 where an article has no sizes.
      .filter((name) => name !== 'size' || item.size !== '0')
      .map((name) => `${labels[name]} ${item[name]}`.trim())
      .join(' · ');
  return (
    <Card title={t.itemsTitle} className="card--wide">
      <table className="items">
        <TableHead
          columns={[
            labels.name,
            [labels.status, 'items__extra'],
            [labels.price, 'items__extra num'],
            [labels.sale, 'num'],
            [labels.total_price, 'num'],
          ]}
        />
        <tbody>
          {items.map((item, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike in every field, and the list does not change.
            <tr key={at}>
              <th scope="row">
                {item.name}
                <span className="items__sub">{below(item)}</span>
              </th>
              <td className="items__extra">
                <StatusCode code={item.status} />
              </td>
              <td className="items__extra num">{money(item.price)}</td>
              <td className="num">{item.sale === 0 ? '—' : `−${format.percent(item.sale)}`}</td>
              <td className="num">{money(item.total_price)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className="totals">
        {(['goods_total', 'delivery_cost', 'custom_fee', 'amount'] as const).map((name) => (
          <div key={name} className={name === 'amount' ? 'totals__sum' : ''}>
            <dt>{sums[name]}</dt>
            <dd>{money(payment[name])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
