import type { OrderCheck } from '../../client/schema.generated.ts';
import { basePath } from '../app/base.ts';
import { ApiError } from './api-error.ts';
import { authorize, refused } from './client.ts';

/** What the consumer would say of an order as it is written; it is not sent. @throws ApiError, and the signal's reason when it was aborted */
export async function checkOrder(text: string, signal: AbortSignal): Promise<OrderCheck> {
  const headers = new Headers({ 'content-type': 'application/json' });
  authorize(headers);
  const response = await fetch(`${basePath}/api/v1/orders/check`, {
    method: 'POST',
    headers,
    body: text,
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new ApiError('unreachable', 0);
  });
  const body = await response.json().catch(() => undefined);
  if (!response.ok) throw refused(response, body);
  return body;
}
