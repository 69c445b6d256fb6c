import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ConsumerGroupDetail, OffsetMoves } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useLanguage, useTexts } from '../../i18n/language.ts';
import { parseNumber } from '../../i18n/number-text.ts';
import { whenOf } from '../messages/when.ts';
import { groupsTexts } from './texts.ts';

const TARGETS = ['earliest', 'latest', 'offset', 'time'] as const;

/** Resets the offsets of the service's own group, after a preview; for another group it says what does. */
export function OffsetReset({ group }: { readonly group: ConsumerGroupDetail }) {
  const t = useTexts(groupsTexts);
  return (
    <Card title={t.resetTitle}>
      {group.own ? (
        <ResetForm group={group} />
      ) : (
        <div className="stack">
          <p>{t.notOwn}</p>
          <Command group={group} />
        </div>
      )}
    </Card>
  );
}

function Command({ group: { group, partitions } }: { readonly group: ConsumerGroupDetail }) {
  const t = useTexts(groupsTexts);
  const topic = partitions[0]?.topic ?? 'TOPIC';
  const name = /^[\w.-]+$/.test(group) ? group : `'${group.replaceAll("'", `'\\''`)}'`;
  const command = `kafka-consumer-groups.sh --bootstrap-server HOST:PORT --group ${name} --topic ${topic} --reset-offsets --to-earliest --dry-run`;
  return (
    <p className="row">
      <code>{command}</code>
      <CopyButton text={command} label={t.copyCommand} />
    </p>
  );
}

function ResetForm({ group: { group, partitions } }: { readonly group: ConsumerGroupDetail }) {
  const t = useTexts(groupsTexts);
  const language = useLanguage();
  const queries = useQueryClient();
  const [typed, setTyped] = useState({ to: 'earliest', at: '', partition: '' });
  const move = useMutation({
    mutationFn: (dry_run: boolean) => {
      const only = typed.partition === '' ? {} : { partitions: [Number(typed.partition)] };
      const body = { to: target ?? '', ...only, dry_run };
      return dataOf(api.POST('/api/v1/consumer-groups/{group}/offsets', { params: { path: { group } }, body }));
    },
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['groups'] }),
  });
  const set = (changes: Partial<typeof typed>) => {
    setTyped({ ...typed, ...changes });
    move.reset();
  };
  const offset = parseNumber(typed.at, language);
  const isOffset = offset !== undefined && Number.isSafeInteger(offset) && offset >= 0;
  const place = { offset: isOffset ? String(offset) : undefined, time: whenOf(typed.at) };
  const asked = typed.to === 'offset' || typed.to === 'time' ? typed.to : undefined;
  const target = asked === undefined ? typed.to : place[asked];
  const preview = (event: FormEvent) => {
    event.preventDefault();
    if (target !== undefined) move.mutate(true);
  };
  const numbers = [...new Set(partitions.map(({ partition }) => String(partition)))];
  return (
    <form className="stack" onSubmit={preview}>
      <p className="muted">{t.resetHint}</p>
      <div className="fields fields--top">
        <NativeSelect
          label={t.to}
          value={typed.to}
          data={TARGETS.map((value) => ({ value, label: t.targets[value] }))}
          onChange={(event) => set({ to: event.currentTarget.value, at: '' })}
        />
        {asked !== undefined && (
          <TextInput
            label={asked === 'time' ? t.time : t.targets.offset}
            placeholder={asked === 'time' ? '15 m, 2026-11-27 19:30' : undefined}
            value={typed.at}
            inputMode={asked === 'offset' ? 'numeric' : 'text'}
            error={typed.at !== '' && target === undefined && t.refusals[asked]}
            onChange={(event) => set({ at: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label={t.partition}
          value={typed.partition}
          data={[{ value: '', label: t.allPartitions }, ...numbers]}
          onChange={(event) => set({ partition: event.currentTarget.value })}
        />
        <Button
          type="submit"
          variant="default"
          className="fields__button"
          loading={move.isPending}
          disabled={target === undefined}
        >
          {t.preview}
        </Button>
      </div>
      {move.error !== null && <ProblemAlert error={move.error} />}
      {move.data !== undefined && <Moves moves={move.data} />}
      {move.data?.dry_run === true && (
        <Button color="red" className="fit" loading={move.isPending} onClick={() => move.mutate(false)}>
          {t.reset(move.data.partitions.length)}
        </Button>
      )}
    </form>
  );
}

/** Before and after, by partition, and in all. */
function Moves({ moves: { partitions, dry_run: isPreview } }: { readonly moves: OffsetMoves }) {
  const t = useTexts(groupsTexts);
  const format = useFormat();
  const sum = (of: (one: OffsetMoves['partitions'][number]) => number) =>
    format.number(partitions.reduce((total, one) => total + Math.max(0, of(one)), 0));
  const [again, skipped] = [sum(({ from, to }) => from - to), sum(({ from, to }) => to - from)];
  const effect = (by: number) => {
    if (by === 0) return t.same;
    return by < 0 ? t.again(format.number(-by)) : t.skipped(format.number(by));
  };
  return (
    <>
      <Table
        label={t.preview}
        columns={[t.partition, [t.from, 'num'], [t.continueFrom, 'num'], [t.end, 'num'], [t.effect, 'num']]}
      >
        {partitions.map(({ partition, from, to, end }) => (
          <tr key={partition}>
            <td>{partition}</td>
            <td className="num">{format.number(from)}</td>
            <td className="num">{format.number(to)}</td>
            <td className="num">{format.number(end)}</td>
            <td className={to > from ? 'num bad' : 'num'}>{effect(to - from)}</td>
          </tr>
        ))}
      </Table>
      <p role="status">{isPreview ? t.willRead(again, skipped) : t.done(again, skipped)}</p>
    </>
  );
}
