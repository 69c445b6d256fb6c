import { FileInput } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import { postForLines } from '../../api/streams.ts';
import { Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { generatorTexts } from './texts.ts';
import { NO_VERDICTS, type Verdicts, withVerdict } from './verdicts.ts';

/** Sends a file of orders, and counts the verdicts while they come. */
export function BulkFile() {
  const t = useTexts(generatorTexts);
  const [verdicts, setVerdicts] = useState<Verdicts | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const send = async (file: File | null) => {
    if (file === null) return;
    setError(undefined);
    setVerdicts(NO_VERDICTS);
    try {
      const headers = { 'content-type': 'application/x-ndjson' };
      const fold = { start: NO_VERDICTS, withLine: withVerdict, tell: setVerdicts };
      await postForLines('/api/v1/orders/bulk', { headers, body: file }, fold);
    } catch (thrown) {
      setError(thrown);
    }
  };
  const [over, setOver] = useState(false);
  const drag = (event: DragEvent) => {
    event.preventDefault();
    setOver(event.type === 'dragover');
    if (event.type === 'drop') void send(event.dataTransfer.files[0] ?? null);
  };
  return (
    <Card title={t.file}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: for pointers only; by keyboard the field does the same. */}
      <div className={over ? 'stack drop drop--over' : 'stack drop'} onDragOver={drag} onDragLeave={drag} onDrop={drag}>
        <FileInput
          label={t.file}
          description={t.fileHint}
          placeholder="orders.ndjson"
          accept=".ndjson,.jsonl,.json,.txt"
          value={null}
          onChange={(file) => void send(file)}
        />
        {error !== undefined && <ProblemAlert error={error} />}
        {verdicts !== undefined && (
          <div role="status">
            {t.verdicts(verdicts.accepted, verdicts.rejected, verdicts.failed)}.{' '}
            {verdicts.complete !== undefined && (verdicts.complete ? t.complete : t.incomplete)}
            {verdicts.bad.length > 0 && (
              <ul className="violations">
                {verdicts.bad.map(({ line, text }) => (
                  <li key={line}>
                    {t.line} {line}: {text}
                  </li>
                ))}
              </ul>
            )}
          </div>
        )}
      </div>
    </Card>
  );
}
