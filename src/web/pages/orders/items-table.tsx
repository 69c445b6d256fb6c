import type { Order } from '../../../client/schema.generated.ts';
import { Card } from '../../components/facts.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { orderTexts } from './texts.ts';

interface ItemsTableProps {
  readonly items: Order['items'];
  readonly payment: Order['payment'];
}

/** The order's items, and how they add up to what was paid. */
export function ItemsTable({ items, payment }: ItemsTableProps) {
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
