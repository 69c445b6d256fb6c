import type { RedriveRequest } from '../../../client/schema.generated.ts';
import { postForLines } from '../../api/ndjson.ts';
import { type LetterRun, NOT_BEGUN, withLine } from './letter-run.ts';

/** Sends letters back and tells how far it is; aborting the signal stops it after the part in hand. @throws ApiError */
export async function redriveAll(
  request: RedriveRequest,
  signal: AbortSignal,
  tell: (run: LetterRun) => void,
): Promise<void> {
  let run = NOT_BEGUN;
  const url = '/api/v1/dead-letters/redrive.ndjson';
  const body = JSON.stringify(request);
  await postForLines({ url, contentType: 'application/json', body, signal }, (lines) => {
    run = lines.reduce(withLine, run);
    tell(run);
  });
}
