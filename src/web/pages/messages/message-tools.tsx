import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { Message } from '../../../client/schema.generated.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { AppliedInput } from '../../components/page.tsx';
import { saveFile } from '../../components/save-file.ts';
import { useTexts } from '../../i18n/language.ts';
import { columnsOf, pointersIn, toCsv } from './columns.ts';
import { messagesTexts } from './texts.ts';

interface MessageToolsProps {
  readonly topic: string;
  readonly messages: readonly Message[];
}

/** What can be done with the messages shown: pick columns from their JSON, save them as a file. */
export function MessageTools({ topic, messages }: MessageToolsProps) {
  const t = useTexts(messagesTexts);
  const columns = columnsOf(usePlace().query);
  const save = (extension: 'csv' | 'ndjson') => {
    const text =
      extension === 'csv' ? toCsv(messages, columns) : messages.map((one) => `${JSON.stringify(one)}\n`).join('');
    saveFile(
      `${topic}.${extension}`,
      new Blob([text], { type: extension === 'csv' ? 'text/csv' : 'application/x-ndjson' }),
    );
  };
  return (
    <>
      {(['csv', 'ndjson'] as const).map((extension) => (
        <Button
          key={extension}
          size="xs"
          variant="default"
          disabled={messages.length === 0}
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => save(extension)}
        >
          {extension.toUpperCase()}
        </Button>
      ))}
      <AppliedInput
        size="xs"
        aria-label={t.columns}
        placeholder={t.columnsHint}
        value={columns.join(', ')}
        onApply={(text) => setQuery({ columns: pointersIn(text).join(',') })}
        autoComplete="off"
      />
    </>
  );
}
