import type { Accepted } from '../../client/schema.generated.ts';
import { basePath } from '../app/base.ts';
import { ApiError } from './api-error.ts';
import { authorize, refused } from './client.ts';

/** Sends an order as it is written, and waits some seconds until it can be read. @throws ApiError */
export async function sendOrder(text: string): Promise<Accepted> {
  const headers = new Headers({ 'content-type': 'application/json', prefer: 'wait=5' });
  authorize(headers);
  const response = await fetch(`${basePath}/api/v1/orders`, { method: 'POST', headers, body: text }).catch(
    () => {
      throw new ApiError('unreachable', 0);
    },
  );
  const body = await response.json().catch(() => undefined);
  if (!response.ok) throw refused(response, body);
  return body;
}
