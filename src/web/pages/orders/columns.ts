import { useMediaQuery } from '@mantine/hooks';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { useKept } from '../../components/kept.ts';
import { namesOf } from '../../components/names.ts';

/** The columns of the list in their order, and how wide each is. */
export const COLUMNS = {
  uid: 'minmax(0, 1.3fr)',
  customer: 'minmax(0, 1.5fr)',
  customer_id: 'minmax(0, 0.8fr)',
  track: 'minmax(0, 1fr)',
  state: 'minmax(0, 1fr)',
  items: '90px',
  amount: '130px',
  created: '160px',
  stored: '160px',
} as const;

export type ColumnName = keyof typeof COLUMNS;

/** Those that may be left out. */
export const CHOICES = namesOf(COLUMNS).filter((name) => name !== 'uid');

const USUAL: readonly ColumnName[] = ['customer', 'state', 'items', 'amount', 'stored'];
const ON_PHONES: readonly ColumnName[] = ['uid', 'customer', 'state', 'amount'];

export interface ChosenColumns {
  readonly shown: readonly ColumnName[];
  /** Undefined chooses the usual ones: the more the wider the window is. */
  readonly choose: (columns: readonly ColumnName[] | undefined) => void;
}

/** The columns the address names, or those chosen last in this browser, or the usual ones. */
export function useColumns(): ChosenColumns {
  const { query } = usePlace();
  const [kept, keep] = useKept('order-columns', { forGood: true });
  const isWide = useMediaQuery('(min-width: 1600px)', undefined, { getInitialValueInEffect: false });
  const isPhone = usePhone();
  const named = (query.get('columns') ?? kept).split(',');
  const chosen = CHOICES.filter((name) => named.includes(name));
  const usual = isWide ? CHOICES : USUAL;
  return {
    shown: isPhone ? ON_PHONES : ['uid', ...(chosen.length > 0 ? chosen : usual)],
    choose: (columns = []) => {
      keep(columns.join(','));
      setQuery({ columns: columns.join(',') });
    },
  };
}

/** Whether the window is as narrow as that of a phone, where a row has two lines. */
export function usePhone(): boolean {
  return useMediaQuery('(max-width: 800px)', undefined, { getInitialValueInEffect: false });
}
