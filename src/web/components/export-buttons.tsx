import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useAction } from '../api/queries.ts';
import { useToken } from '../api/token.ts';
import { basePath } from '../app/base.ts';
import { withQuery } from '../app/navigation.tsx';
import { useTexts } from '../i18n/language.ts';
import { ProblemAlert } from './problem-alert.tsx';
import { download } from './save-file.ts';
import { commonTexts } from './texts.ts';

interface ExportButtonsProps {
  /** Of the API, without `.csv` or `.ndjson`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Save all that a filter lets through as a file. */
export function ExportButtons({ path, query }: ExportButtonsProps) {
  const t = useTexts(commonTexts);
  const { token } = useToken();
  const save = useAction((file: string) => download(file), {});
  return (
    <span className="row page-title__end">
      {(['csv', 'ndjson'] as const).map((extension) => {
        const file = withQuery(`${path}.${extension}`, query);
        return (
          <Button
            key={extension}
            component="a"
            href={basePath + file}
            download
            loading={save.isPending && save.variables === file}
            // Without a token the browser itself streams the file to disk.
            onClick={(event) => {
              if (token === '') return;
              event.preventDefault();
              save.mutate(file);
            }}
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
          >
            {extension === 'csv' ? t.exportCsv : t.exportNdjson}
          </Button>
        );
      })}
      {save.error !== null && <ProblemAlert error={save.error} />}
    </span>
  );
}
