/** A small valid order, indented; its uid comes from `now`, ms since the Unix epoch. */
export function sampleOrder(now: number): string {
  const order_uid = `own-${now.toString(36)}`;
  const track_number = `TRACK${now.toString(36).toUpperCase()}`;
  const order = {
    order_uid,
    track_number,
    entry: 'WEB',
    delivery: {
      name: 'Ada Example',
      phone: '+49301234567',
      zip: '10115',
      city: 'Berlin',
      address: 'Invalidenstr. 1',
      region: 'Berlin',
      email: 'ada@example.com',
    },
    payment: {
      transaction: order_uid,
      request_id: '',
      currency: 'EUR',
      provider: 'card',
      amount: 2990,
      payment_dt: Math.floor(now / 1000),
      bank: 'example',
      delivery_cost: 490,
      goods_total: 2500,
      custom_fee: 0,
    },
    items: [
      {
        chrt_id: 1,
        track_number,
        price: 2500,
        rid: `${order_uid}-1`,
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
    customer_id: 'console',
    delivery_service: 'dhl',
    shardkey: '1',
    sm_id: 1,
    date_created: new Date(now).toISOString(),
    oof_shard: '1',
  };
  return JSON.stringify(order, undefined, 2);
}
