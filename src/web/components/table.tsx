import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

/** A column's title, or title and class names. */
type Column = string | readonly [title: string, className: string];

/** The head of a table: a column header for each. */
export function TableHead({ columns }: { readonly columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const [title, className] = typeof column === 'string' ? [column] : column;
          return (
            <th key={title} scope="col" className={className}>
              {title}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

interface TableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly className?: string;
  /** The rows. */
  readonly children: ReactNode;
}

/** A table; where it is too wide, as on a phone, it scrolls sideways, by keyboard too. */
export function Table({ label, columns, className = 'plain', children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className="scroll-x" aria-label={label} tabIndex={0}>
      <table className={className}>
        <TableHead columns={columns} />
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface ShowMoreProps {
  /** The state of a list that is read page by page. */
  readonly list: {
    readonly hasNextPage: boolean;
    readonly isFetching: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
}

/** A button for the next page of a list, while there is one. */
export function ShowMore({ list }: ShowMoreProps) {
  const t = useTexts(commonTexts);
  if (!list.hasNextPage) return null;
  return (
    <Button variant="default" loading={list.isFetching} onClick={() => void list.fetchNextPage()}>
      {t.more}
    </Button>
  );
}
