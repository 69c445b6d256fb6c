/**
 * Survives errors of standard output. A reader that closes the pipe, as `head` does when it has seen enough, is not a
 * failure; anything else (a full disk) is reported once and makes the exit code 1.
 */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`error: can't write to standard output: ${error.message}\n`);
    process.exitCode = 1;
  });
}

/** Writes to standard output; resolves when there is room for more, with false when nothing more can be written. */
export function writeOutput(bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, (error) => resolve(error === undefined || error === null));
  });
}

type Cells = readonly (string | number | boolean | null)[];

const GAP = '  ';

/** Columns a list may take: those of the terminal, 80 where there is none. */
export function listWidth(): number {
  return process.stdout.columns ?? 80;
}

/**
 * A list of texts: columns at the left, without those that are empty in every row; a line longer than `width` is cut.
 * Without a heading when all titles are empty.
 */
export function textTable(head: readonly string[], rows: readonly Cells[], width: number): string[] {
  const columns = columnsOf(head, rows).filter(({ cells }) => cells.some((cell) => cell !== ''));
  return linesOf(columns, 'left').map((line) => shorten(line, width));
}

/**
 * A list of numbers: columns at the right. When they need more than `width`, those of zeros are left out, and what
 * still does not fit follows below, beside the first column once more. `paintHead` colours the headings.
 */
export function numberTable(
  head: readonly string[],
  rows: readonly Cells[],
  width: number,
  paintHead = (heading: string): string => heading,
): string[] {
  const lines = (columns: readonly Column[]): string[] => {
    const [heading = '', ...others] = linesOf(columns, 'right');
    return [paintHead(heading), ...others];
  };
  const [first, ...others] = columnsOf(head, rows);
  if (first === undefined || widthOf([first, ...others]) <= width) return lines(first ? [first, ...others] : []);
  let part = [first];
  const parts = [part];
  for (const column of others.filter(({ cells }) => cells.some((cell) => cell !== '0'))) {
    if (part.length > 1 && widthOf([...part, column]) > width) {
      part = [first];
      parts.push(part);
    }
    part.push(column);
  }
  return parts.flatMap((columns, at) => (at === 0 ? lines(columns) : ['', ...lines(columns)]));
}

/** A text of `width` characters at most, `…` at the end of one that was longer. */
export function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly width: number;
}

function columnsOf(head: readonly string[], rows: readonly Cells[]): Column[] {
  return head.map((title, at) => {
    const cells = rows.map((row) => String(row[at] ?? '-'));
    return { title, cells, width: Math.max(...[title, ...cells].map((text) => text.length)) };
  });
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, (columns.length - 1) * GAP.length);
}

function linesOf(columns: readonly Column[], side: 'left' | 'right'): string[] {
  const line = (textOf: (column: Column) => string): string =>
    columns
      .map((column) => {
        const text = textOf(column);
        return side === 'left' ? text.padEnd(column.width) : text.padStart(column.width);
      })
      .join(GAP)
      .trimEnd();
  const rows = columns[0]?.cells ?? [];
  const heading = columns.some(({ title }) => title !== '') ? [line(({ title }) => title)] : [];
  return [...heading, ...rows.map((_, row) => line(({ cells }) => cells[row] ?? ''))];
}
