import { randomUUID } from 'node:crypto';
import { AppError } from '../lib/app-error.ts';
import { exampleOrder } from '../order/example.ts';
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
    const order = exampleOrder(randomUUID(), new Date());
    // Its letters show whether the database can hold any text.
    order.delivery.name = 'Test Тестов 測試';
    rows.addOrder(order, true, 0, NOWHERE, Date.now());
    yield;
  }

  beforeCommit(): Promise<void> {
    return Promise.reject(TAKEN);
  }
}
