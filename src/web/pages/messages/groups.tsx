import { Alert, Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { usePages } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { AppliedInput, Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { messagesTexts } from './texts.ts';

/** The consumer groups and their lag: all, or those whose names contain the text in the address. */
export function Groups() {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const { query } = usePlace();
  const text = query.get('groups') ?? '';
  const list = usePages(
    ['groups', text],
    (page, signal) => {
      const query = { ...(text !== '' && { text }), ...page };
      return dataOf(api.GET('/api/v1/consumer-groups', { params: { query }, signal }));
    },
    { everyMs: 5_000, keepsLast: true },
  );
  const groups = list.data?.pages.flatMap((page) => page.groups) ?? [];
  const own = groups.find((one) => one.own);
  const total = list.data?.pages[0]?.total ?? 0;
  return (
    <Card title={t.groups}>
      <div className="stack">
        <div className="fields">
          <AppliedInput label={t.groupText} value={text} onApply={(typed) => setQuery({ groups: typed.trim() })} />
        </div>
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {list.data !== undefined && <p className="muted">{t.groupsShown(groups.length, total)}</p>}
        {own !== undefined && <OffsetReset group={own.group} ignored={own.ignored} />}
        {groups.length > 0 && (
          <Table label={t.groups} columns={[t.group, t.state, [t.members, 'num'], [t.lag, 'num'], [t.pending, 'num']]}>
            {groups.map(({ group, state, members, lag, pending }) => (
              <tr key={group}>
                <td>{group}</td>
                <td>{state}</td>
                <td className="num">{format.number(members)}</td>
                <td className="num">{format.number(lag)}</td>
                <td className="num">{format.number(pending)}</td>
              </tr>
            ))}
          </Table>
        )}
        <ShowMore list={list} />
      </div>
    </Card>
  );
}

interface OffsetResetProps {
  readonly group: string;
  /** Partitions whose offset was changed in Kafka, without effect. */
  readonly ignored: number;
}

/** Resets the offsets of the service's own group, after a preview. */
function OffsetReset({ group, ignored }: OffsetResetProps) {
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
      return dataOf(api.POST('/api/v1/consumer-groups/{group}/offsets', { params: { path: { group } }, body }));
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
            <TextInput label={t.resetTo} value={to} onChange={change(setTo)} list="offset-targets" data-autofocus />
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
            <Table label={t.resetTitle(group)} columns={[t.partition, [t.from, 'num'], [t.to, 'num'], [t.end, 'num']]}>
              {move.data.partitions.map((one) => (
                <tr key={one.partition}>
                  <td>{one.partition}</td>
                  <td className="num">{format.number(one.from)}</td>
                  <td className="num">{format.number(one.to)}</td>
                  <td className="num">{format.number(one.end)}</td>
                </tr>
              ))}
            </Table>
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
