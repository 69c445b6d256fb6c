import type { Order } from './order.ts';

/** A small valid order, made then. What names it or one of its parts is as unique as the uid is. */
export function exampleOrder(uid: string, at: Date): Order {
  return {
    order_uid: uid,
    track_number: uid,
    entry: 'WEB',
    delivery: {
      name: 'Ada Example',
      phone: '+49301234567',
      zip: '10115',
      city: 'Berlin',
      address: 'Invalidenstr. 1',
      region: 'Berlin',
      email: `${uid}@example.com`,
    },
    payment: {
      transaction: uid,
      request_id: uid,
      currency: 'EUR',
      provider: 'card',
      amount: 2990,
      payment_dt: Math.floor(at.getTime() / 1000),
      bank: 'example',
      delivery_cost: 490,
      goods_total: 2500,
      custom_fee: 0,
    },
    items: [
      {
        chrt_id: 1,
        track_number: uid,
        price: 2500,
        rid: `${uid}-1`,
        name: 'Notebook',
        sale: 0,
        size: '0',
        total_price: 2500,
        nm_id: 1,
        brand: 'Example',
        status: 202,
      },
    ],
    locale: 'en',
    internal_signature: '',
    customer_id: uid,
    delivery_service: 'dhl',
    shardkey: '1',
    sm_id: 1,
    date_created: at.toISOString(),
    oof_shard: '1',
  };
}
