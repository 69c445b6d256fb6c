/** A column's title, or title and class names. */
export type Column = string | readonly [title: string, className: string];

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
