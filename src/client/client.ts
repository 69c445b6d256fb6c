import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { paths } from './schema.generated.ts';

export interface TestServiceOptions extends Omit<ClientOptions, 'baseUrl'> {
  /** Sent as `Authorization: Bearer …`; without it only what is open can be asked for. */
  readonly token?: string | undefined;
}

/** The REST API, typed: `client.GET('/api/v1/orders/{order_uid}', …)` gives `{ data, error, response }`. */
export type TestServiceClient = Client<paths>;

/**
 * A client of the service at `baseUrl`, such as `http://127.0.0.1:8001`. Calls reject only when there is no answer; a
 * problem document is the `error` of what they resolve with. It needs nothing but `fetch`.
 */
export function createClient(baseUrl: string, options: TestServiceOptions = {}): TestServiceClient {
  const { token, ...rest } = options;
  const client = createFetchClient<paths>({ ...rest, baseUrl });
  if (token !== undefined) {
    client.use({
      onRequest: ({ request }) => {
        request.headers.set('authorization', `Bearer ${token}`);
        return request;
      },
    });
  }
  return client;
}
