import type { Order } from '../../../client/schema.generated.ts';
import { dictionary } from '../../i18n/language.ts';

type Labels<T, Hidden extends keyof T = never> = Readonly<Record<Exclude<keyof T, Hidden>, string>>;

/** The label of each field of an order, in the order of the receipt. The compiler reports a missing one. */
export interface OrderLabels {
  readonly order: Labels<Order, 'delivery' | 'payment' | 'items'>;
  readonly delivery: Labels<Order['delivery']>;
  readonly payment: Labels<Order['payment']>;
  /** Without identifiers that mean nothing to a reader. */
  readonly item: Labels<Order['items'][number], 'chrt_id' | 'track_number' | 'rid'>;
}

export const orderLabels = dictionary<OrderLabels>(
  {
    order: {
      order_uid: 'Order',
      delivery_service: 'Delivery service',
      track_number: 'Track number',
      date_created: 'Created',
      customer_id: 'Customer',
      locale: 'Language',
      entry: 'Entry',
      sm_id: 'Sales channel',
      shardkey: 'Shard key',
      oof_shard: 'Order flow shard',
      internal_signature: 'Signature',
    },
    delivery: {
      name: 'Name',
      address: 'Address',
      zip: 'Postal code',
      city: 'City',
      region: 'Region',
      phone: 'Phone',
      email: 'E-mail',
    },
    payment: {
      payment_dt: 'Paid',
      currency: 'Currency',
      provider: 'Provider',
      bank: 'Bank',
      transaction: 'Transaction',
      request_id: 'Request',
      goods_total: 'Goods',
      delivery_cost: 'Delivery',
      custom_fee: 'Customs fee',
      amount: 'Total',
    },
    item: {
      name: 'Item',
      brand: '',
      size: 'size',
      nm_id: '№',
      status: 'Status',
      price: 'Price',
      sale: 'Discount',
      total_price: 'Total',
    },
  },
  {
    order: {
      order_uid: 'Заказ',
      delivery_service: 'Служба доставки',
      track_number: 'Трек-номер',
      date_created: 'Создан',
      customer_id: 'Покупатель',
      locale: 'Язык',
      entry: 'Вход',
      sm_id: 'Канал продаж',
      shardkey: 'Ключ шарда',
      oof_shard: 'Шард потока',
      internal_signature: 'Подпись',
    },
    delivery: {
      name: 'Имя',
      address: 'Адрес',
      zip: 'Индекс',
      city: 'Город',
      region: 'Регион',
      phone: 'Телефон',
      email: 'Эл. почта',
    },
    payment: {
      payment_dt: 'Оплачен',
      currency: 'Валюта',
      provider: 'Провайдер',
      bank: 'Банк',
      transaction: 'Транзакция',
      request_id: 'Запрос',
      goods_total: 'Товары',
      delivery_cost: 'Доставка',
      custom_fee: 'Таможенный сбор',
      amount: 'Итого',
    },
    item: {
      name: 'Товар',
      brand: '',
      size: 'размер',
      nm_id: '№',
      status: 'Статус',
      price: 'Цена',
      sale: 'Скидка',
      total_price: 'Итого',
    },
  },
);
