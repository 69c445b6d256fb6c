import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

/** Rows of a list that are picked for an action on all of them. */
export interface Selection {
  /** In the order of the list; those that are no longer shown are not among them. */
  readonly picked: readonly string[];
  readonly rows: readonly string[];
  /** Picks a row or lets it go; with `range`, all rows between it and the one before, too. */
  readonly toggle: (row: string, range: boolean) => void;
  readonly setAll: (on: boolean) => void;
}

/** `rows`: all that the list shows. */
export function useSelection(rows: readonly string[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<string>();
  const toggle = (row: string, range: boolean) => {
    const [from, to] = [rows.indexOf(range ? (last ?? row) : row), rows.indexOf(row)];
    const meant = from < 0 ? [row] : rows.slice(Math.min(from, to), Math.max(from, to) + 1);
    setChosen(chosen.has(row) ? chosen.difference(new Set(meant)) : chosen.union(new Set(meant)));
    setLast(row);
  };
  const setAll = (on: boolean) => setChosen(new Set(on ? rows : []));
  return { picked: rows.filter((row) => chosen.has(row)), rows, toggle, setAll };
}

interface PickBoxProps {
  readonly selection: Selection;
  readonly row: string;
}

/** The cell that picks a row; with the shift key all rows from the last one on. */
export function PickCell({ selection: { picked, toggle }, row }: PickBoxProps) {
  const t = useTexts(commonTexts);
  return (
    <td className="plain__pick">
      <Checkbox
        size="xs"
        aria-label={t.pick(row)}
        checked={picked.includes(row)}
        onChange={({ nativeEvent }) => toggle(row, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
      />
    </td>
  );
}

/** Picks all rows that are shown, or none; says how many are. */
export function PickAll({ selection: { picked, rows, setAll } }: { readonly selection: Selection }) {
  const t = useTexts(commonTexts);
  const isAll = picked.length > 0 && picked.length === rows.length;
  return (
    <Checkbox
      size="xs"
      label={picked.length === 0 ? t.pickAll(rows.length) : t.picked(picked.length)}
      checked={isAll}
      indeterminate={picked.length > 0 && !isAll}
      disabled={rows.length === 0}
      onChange={() => setAll(picked.length === 0)}
    />
  );
}
