import { Button, FileInput } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import { postForLines } from '../../api/streams.ts';
import { Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { generatorTexts } from './texts.ts';
import { NO_VERDICTS, type Verdicts, withVerdict } from './verdicts.ts';

/** Sends a file of orders, and counts the verdicts while they come. */
export function BulkFile() {
  const t = useTexts(generatorTexts);
  const format = useFormat();
  const words = useWording();
  const [verdicts, setVerdicts] = useState<Verdicts | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [file, setFile] = useState<File | null>(null);
  const [sending, setSending] = useState(false);
  const choose = (chosen: File | null) => {
    setFile(chosen);
    setError(undefined);
    setVerdicts(undefined);
  };
  const send = async (file: File) => {
    setError(undefined);
    setSending(true);
    setVerdicts(NO_VERDICTS);
    try {
      const headers = { 'content-type': 'application/x-ndjson' };
      const fold = { start: NO_VERDICTS, withLine: withVerdict, tell: setVerdicts };
      await postForLines('/api/v1/orders/bulk', { headers, body: file }, fold);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setSending(false);
    }
  };
  const [over, setOver] = useState(false);
  const drag = (event: DragEvent) => {
    event.preventDefault();
    setOver(event.type === 'dragover');
    if (event.type === 'drop' && !sending) choose(event.dataTransfer.files[0] ?? null);
  };
  return (
    <Card title={t.file}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: for pointers only; by keyboard the field does the same. */}
      <div className={over ? 'stack drop drop--over' : 'stack drop'} onDragOver={drag} onDragLeave={drag} onDrop={drag}>
        <FileInput
          label={t.fileLabel}
          description={t.fileHint}
          placeholder="orders.ndjson"
          accept=".ndjson,.jsonl,.json,.txt"
          value={file}
          disabled={sending}
          clearable
          clearButtonProps={{ 'aria-label': t.clearFile }}
          onChange={choose}
        />
        {file !== null && (
          <Button className="fit" loading={sending} onClick={() => void send(file)}>
            {t.sendFile(file.name, format.bytes(file.size))}
          </Button>
        )}
        {error !== undefined && <ProblemAlert error={error} />}
        {verdicts !== undefined && !(error !== undefined && verdicts === NO_VERDICTS) && (
          <div role="status">
            {t.verdicts(verdicts.accepted, verdicts.rejected, verdicts.failed)}.{' '}
            {verdicts.complete !== undefined && (verdicts.complete ? t.complete : t.incomplete)}
            {verdicts.bad.length > 0 && (
              <ul className="violations">
                {verdicts.bad.map(({ line, reason, pointer, message }) => (
                  <li key={line}>
                    {t.line} {line}: {words.reason(reason)}
                    {message !== '' && (
                      <>
                        : <code>{pointer}</code> {words.message(message)}
                      </>
                    )}
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
