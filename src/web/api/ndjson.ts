import { basePath } from '../app/base.ts';
import { ApiError } from './api-error.ts';
import { authorize, refused } from './client.ts';

/** What is sent, and as what. */
export interface NdjsonRequest {
  readonly url: string;
  readonly contentType: string;
  readonly body: Blob | string;
  readonly signal?: AbortSignal;
}

/** Posts, and hands the lines of the answer on as they come, those that have come together at once. @throws ApiError */
export async function postForLines(
  { url, contentType, body, signal }: NdjsonRequest,
  take: (lines: readonly string[]) => void,
): Promise<void> {
  const headers = new Headers({ 'content-type': contentType });
  authorize(headers);
  const unreachable = (): never => {
    throw new ApiError('unreachable', 0);
  };
  const response = await fetch(basePath + url, {
    method: 'POST',
    headers,
    body,
    signal: signal ?? null,
  }).catch(unreachable);
  if (!response.ok) throw refused(response, await response.json().catch(() => undefined));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const part = await reader?.read().catch(unreachable);
    if (part === undefined || part.done) return;
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    take(lines);
  }
}
