import { Button } from '@mantine/core';
import { useTexts } from '../i18n/dictionary.ts';
import { commonTexts } from './texts.ts';

interface ShowMoreProps {
  /** What a list read page by page says of itself. */
  readonly list: {
    readonly hasNextPage: boolean;
    readonly isFetching: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
}

/** Reads the next page of a list, while there is one. */
export function ShowMore({ list }: ShowMoreProps) {
  const t = useTexts(commonTexts);
  if (!list.hasNextPage) return null;
  return (
    <Button variant="default" loading={list.isFetching} onClick={() => void list.fetchNextPage()}>
      {t.more}
    </Button>
  );
}
