import type { Item, Payment } from '../../order/order.ts';
import { count, formatMoney } from '../format.ts';

/** The order's items, and how they add up to what was paid. */
export function ItemsTable({ items, payment }: { items: readonly Item[]; payment: Payment }) {
  const money = (minor: number) => formatMoney(minor, payment.currency, 'narrow');
  return (
    <section class="card card--flush">
      <h3 class="card__title">
        Items <span class="badge">{count(items.length, 'item')}</span>
      </h3>
      <table class="items">
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col" class="items__extra">
              Status
            </th>
            <th scope="col" class="items__extra num">
              Price
            </th>
            <th scope="col" class="items__extra num">
              Discount
            </th>
            <th scope="col" class="num">
              Total
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item, at) => (
            // Two items of an order may be alike in every field, and the list does not change.
            <tr key={at}>
              <th scope="row">
                <span class="items__name">{item.name || 'No name'}</span>
                <span class="items__sub">
                  {[item.brand, sizeOf(item), `№ ${item.nm_id}`].filter((one) => one !== '').join(' · ')}
                </span>
                {item.sale !== 0 && (
                  <span class="items__sub items__sub--phone">
                    <s>{money(item.price)}</s> −{item.sale}%
                  </span>
                )}
              </th>
              <td class="items__extra">
                <span class="badge">{item.status}</span>
              </td>
              <td class="items__extra num">{money(item.price)}</td>
              <td class="items__extra num">{item.sale === 0 ? '—' : `−${item.sale}%`}</td>
              <td class="num">{money(item.total_price)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl class="totals">
        <div>
          <dt>Goods</dt>
          <dd>{money(payment.goods_total)}</dd>
        </div>
        <div>
          <dt>Delivery</dt>
          <dd>{money(payment.delivery_cost)}</dd>
        </div>
        <div>
          <dt>Customs fee</dt>
          <dd>{money(payment.custom_fee)}</dd>
        </div>
        <div class="totals__sum">
          <dt>Total</dt>
          <dd>{money(payment.amount)}</dd>
        </div>
      </dl>
    </section>
  );
}

/** The sender writes 0 where an article has no sizes. */
function sizeOf(item: Item): string {
  return item.size === '' || item.size === '0' ? '' : `size ${item.size}`;
}
