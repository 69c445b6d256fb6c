import { ApiError } from '../../api/api-error.ts';
import { authorize, refused } from '../../api/client.ts';
import { NO_VERDICTS, type Verdicts, withVerdict } from './verdicts.ts';

/** Sends NDJSON and tells of the verdicts as they come. @throws ApiError */
export async function sendFile(file: Blob, tell: (verdicts: Verdicts) => void): Promise<void> {
  const headers = new Headers({ 'content-type': 'application/x-ndjson' });
  authorize(headers);
  const response = await fetch('/api/v1/orders/bulk', { method: 'POST', headers, body: file }).catch(() => {
    throw new ApiError('unreachable', 0);
  });
  if (!response.ok) throw refused(response, await response.json().catch(() => undefined));
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let verdicts = NO_VERDICTS;
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    verdicts = lines.reduce(withVerdict, verdicts);
    tell(verdicts);
  }
}
