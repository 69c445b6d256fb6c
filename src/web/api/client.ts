import { createClient } from '../../client/client.ts';
import { basePath } from '../app/base.ts';
import { ApiError, errorOf } from './api-error.ts';
import { askForToken, currentToken } from './token.ts';

/** The REST API of the server this page comes from; requests carry the token, when there is one. */
export const api = createClient(location.origin + basePath);

api.use({
  onRequest: ({ request }) => {
    authorize(request.headers);
    return request;
  },
});

/** Adds the token, when there is one. */
export function authorize(headers: Headers): void {
  const token = currentToken();
  if (token !== '') headers.set('authorization', `Bearer ${token}`);
}

type Answer<T> =
  | { readonly data: T; readonly error?: never; readonly response: Response }
  | { readonly data?: never; readonly error: unknown; readonly response: Response };

/** What a call gives. @throws ApiError for anything but success, and the signal's reason when it was aborted */
export async function dataOf<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await answered(call)).data;
}

/** The same, with the response for its headers. */
export async function answered<T>(
  call: Promise<Answer<T>>,
): Promise<{ readonly data: T; readonly response: Response }> {
  const result = await call.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('unreachable', 0);
  });
  if (result.data !== undefined) return { data: result.data, response: result.response };
  throw refused(result.response, result.error);
}

/** The error of an answer; asks for the token when that is what is missing. */
export function refused(response: Response, body: unknown): ApiError {
  const error = errorOf(response, body);
  if (error.kind === 'token-required') askForToken();
  return error;
}
