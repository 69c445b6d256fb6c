import { Alert, Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { messagesTexts } from './texts.ts';

interface OffsetResetProps {
  readonly group: string;
  /** Partitions that were moved by hand in Kafka, in vain. */
  readonly ignored: number;
}

/** Has the consumers of the service's own group read on from elsewhere: shows first what that would do. */
export function OffsetReset({ group, ignored }: OffsetResetProps) {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState('earliest');
  const [partition, setPartition] = useState('');
  const move = useMutation({
    mutationFn: (dry_run: boolean) => {
      const partitions = partition.trim() === '' ? {} : { partitions: [Number(partition)] };
      const body = { to, ...partitions, dry_run };
      return dataOf(
        api.POST('/api/v1/consumer-groups/{group}/offsets', { params: { path: { group } }, body }),
      );
    },
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['groups'] }),
  });
  const preview = (event: FormEvent) => {
    event.preventDefault();
    move.mutate(true);
  };
  const change = (set: (text: string) => void) => (event: { currentTarget: { value: string } }) => {
    set(event.currentTarget.value);
    move.reset();
  };
  return (
    <>
      {ignored > 0 && (
        <Alert color="yellow" variant="light">
          {t.ignored(ignored)}
        </Alert>
      )}
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          move.reset();
          setOpen(true);
        }}
      >
        {t.resetOffsets}
      </Button>
      <Dialog open={open} title={t.resetTitle(group)} onClose={() => setOpen(false)}>
        <form className="stack" onSubmit={preview}>
          <p>{t.resetHint}</p>
          <div className="fields">
            <TextInput
              label={t.resetTo}
              value={to}
              onChange={change(setTo)}
              list="offset-targets"
              data-autofocus
            />
            <datalist id="offset-targets">
              <option value="earliest" />
              <option value="latest" />
              <option value="1h" />
            </datalist>
            <TextInput
              label={t.resetPartition}
              value={partition}
              inputMode="numeric"
              pattern="[0-9]*"
              onChange={change(setPartition)}
            />
          </div>
          {move.error !== null && <ProblemAlert error={move.error} />}
          {move.data !== undefined && (
            <ScrollX label={t.resetTitle(group)}>
              <table className="plain">
                <TableHead columns={[t.partition, [t.from, 'num'], [t.to, 'num'], [t.end, 'num']]} />
                <tbody>
                  {move.data.partitions.map((one) => (
                    <tr key={one.partition}>
                      <td>{one.partition}</td>
                      <td className="num">{format.number(one.from)}</td>
                      <td className="num">{format.number(one.to)}</td>
                      <td className="num">{format.number(one.end)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollX>
          )}
          {move.data?.dry_run === false && <p role="status">{t.resetDone}</p>}
          <div className="row-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              {t.close}
            </Button>
            <Button type="submit" variant="default" loading={move.isPending}>
              {t.preview}
            </Button>
            <Button
              color="red"
              disabled={move.data?.dry_run !== true || move.isPending}
              onClick={() => move.mutate(false)}
            >
              {t.resetOffsets}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
