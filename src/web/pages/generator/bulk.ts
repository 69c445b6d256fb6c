import { postForLines } from '../../api/ndjson.ts';
import { NO_VERDICTS, type Verdicts, withVerdict } from './verdicts.ts';

/** Sends NDJSON and tells of the verdicts as they come. @throws ApiError */
export async function sendFile(file: Blob, tell: (verdicts: Verdicts) => void): Promise<void> {
  let verdicts = NO_VERDICTS;
  const request = { url: '/api/v1/orders/bulk', contentType: 'application/x-ndjson', body: file };
  await postForLines(request, (lines) => {
    verdicts = lines.reduce(withVerdict, verdicts);
    tell(verdicts);
  });
}
