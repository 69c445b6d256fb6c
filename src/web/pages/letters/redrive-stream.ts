import type { RedriveRequest } from '../../../client/schema.generated.ts';
import { ApiError } from '../../api/api-error.ts';
import { authorize, refused } from '../../api/client.ts';
import { type LetterRun, NOT_BEGUN, withLine } from './letter-run.ts';

/** Sends letters back and tells how far it is; aborting the signal stops it after the part in hand. @throws ApiError */
export async function redriveAll(
  request: RedriveRequest,
  signal: AbortSignal,
  tell: (run: LetterRun) => void,
): Promise<void> {
  const headers = new Headers({ 'content-type': 'application/json' });
  authorize(headers);
  const body = JSON.stringify(request);
  const unreachable = (): never => {
    throw new ApiError('unreachable', 0);
  };
  const url = '/api/v1/dead-letters/redrive.ndjson';
  const response = await fetch(url, { method: 'POST', headers, body, signal }).catch(unreachable);
  if (!response.ok) throw refused(response, await response.json().catch(() => undefined));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let run = NOT_BEGUN;
  let rest = '';
  for (;;) {
    const part = await reader?.read().catch(unreachable);
    if (part === undefined || part.done) return;
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    run = lines.reduce(withLine, run);
    tell(run);
  }
}
