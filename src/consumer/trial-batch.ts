import { randomUUID } from 'node:crypto';
import { AppError } from '../lib/app-error.ts';
import type { Order } from '../order/order.ts';
import type { OrderRows } from '../storage/postgresql/copy-rows.ts';
import type { OrderBatch } from '../storage/postgresql/order-writer.ts';

/** Rolls a successful trial back. Its code must not be that of a time-out, which would close all sessions. */
const TAKEN = new AppError('fenced', 'the order was only tried');

/** An offset where there is no message. */
const NOWHERE = -1;

/**
 * Whether the database accepts an order that is certainly valid: one is written and rolled back. Rejects during an
 * outage.
 */
export async function takesAnOrder(write: (batch: OrderBatch) => Promise<unknown>): Promise<boolean> {
  try {
    await write(new TrialBatch());
  } catch (error) {
    if (error === TAKEN) return true;
    if (!(error instanceof AppError && error.code === 'database_rejected')) throw error;
  }
  return false;
}

class TrialBatch implements OrderBatch {
  readonly topicId = '';
  readonly moves = [];

  *slices(rows: OrderRows): Iterable<void> {
    rows.addOrder(unremarkableOrder(randomUUID()), true, 0, NOWHERE, Date.now());
    yield;
  }

  beforeCommit(): Promise<void> {
    return Promise.reject(TAKEN);
  }
}

/** All its unique fields are new, and its letters show whether the database can hold any text. */
function unremarkableOrder(uid: string): Order {
  return {
    order_uid: uid,
    track_number: uid,
    entry: 'TEST',
    delivery: {
      name: 'Test Тестов 測試',
      phone: '+9720000000',
      zip: '2639809',
      city: 'Kiryat Mozkin',
      address: 'Ploshad Mira 15',
      region: 'Kraiot',
      email: `${uid}@example.com`,
    },
    payment: {
      transaction: uid,
      request_id: uid,
      currency: 'USD',
      provider: 'wbpay',
      amount: 1_817,
      payment_dt: 1_637_907_727,
      bank: 'alpha',
      delivery_cost: 1_500,
      goods_total: 317,
      custom_fee: 0,
    },
    items: [
      {
        chrt_id: 9_934_930,
        track_number: uid,
        price: 453,
        rid: uid,
        name: 'Mascaras',
        sale: 30,
        size: '0',
        total_price: 317,
        nm_id: 2_389_212,
        brand: 'Vivienne Sabo',
        status: 202,
      },
    ],
    locale: 'en',
    internal_signature: '',
    customer_id: uid,
    delivery_service: 'meest',
    shardkey: '9',
    sm_id: 99,
    date_created: '2021-11-26T06:22:19Z',
    oof_shard: '1',
  };
}
