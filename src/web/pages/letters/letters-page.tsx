import { Badge, Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { DeadLetterSummary } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery, usePages } from '../../api/queries.ts';
import { Link, setQuery, usePlace } from '../../app/navigation.tsx';
import { bytesText } from '../../components/bytes.ts';
import { Detail } from '../../components/detail.tsx';
import { ExportButtons } from '../../components/export-buttons.tsx';
import { AppliedInput, Card, Empty, Instant, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { PickAll, PickCell, type Selection, useSelection } from '../../components/selection.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { commonTexts } from '../../components/texts.ts';
import { useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { addressOf, positionIn } from '../addresses.ts';
import { LetterContent } from './letter.tsx';
import { AGES, filterOfQuery, type LetterQuery, REASONS, toLetterQuery } from './letter-query.ts';
import { patchFor } from './letter-value.ts';
import { ReasonChart } from './reason-chart.tsx';
import { BulkRedrive } from './redrive.tsx';
import { lettersTexts } from './texts.ts';

const LIMIT = 50;
/** Stands for a period that is not one of the ages. */
const CHOSEN = 'chosen';

/** Rejected messages: how many and why, each of them, and how to send them back. */
export function LettersPage() {
  const t = useTexts(lettersTexts);
  const { query } = usePlace();
  const filter = filterOfQuery(query);
  const open = positionIn(query, 'letter');
  const of = query.get('of');
  const key = JSON.stringify(filter);
  const counts = useQuery({
    queryKey: ['letters', 'counts', key],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/dead-letters/counts', { params: { query: filter }, signal })),
    refetchInterval: refetchEvery(5_000),
  });
  const list = usePages(['letters', 'list', key], (page, signal) =>
    dataOf(api.GET('/api/v1/dead-letters', { params: { query: { ...filter, limit: LIMIT, ...page } }, signal })),
  );
  const letters = list.data?.pages.flatMap((page) => page.letters) ?? [];
  const error = list.error ?? counts.error;
  const selection = useSelection(letters.map(({ position }) => position));
  const { picked } = selection;
  return (
    <>
      <PageTitle title={t.title}>
        {counts.data !== undefined && (
          <>
            <Badge variant="light" color={counts.data.total > 0 ? 'red' : 'green'}>
              {t.total(counts.data.total)}
            </Badge>
            <Badge variant="light" color="gray">
              {t.redriven(counts.data.redriven)}
            </Badge>
          </>
        )}
        <ExportButtons path="/api/v1/dead-letters" query={toLetterQuery(filter)} />
      </PageTitle>
      {error !== null && <ProblemAlert error={error} retries />}
      {counts.data?.cut === true && <p className="muted">{t.cut}</p>}
      <Filter filter={filter} counts={counts.data?.by_reason ?? {}} />
      <ReasonChart filter={filter} />
      {of !== null && <LetterOfMessage position={of} />}
      {open !== undefined && (
        <Detail
          title={t.letter(open)}
          open={open}
          rows={letters.map(({ position }) => position)}
          onOpen={(letter) => setQuery({ letter, fix: undefined, sent: undefined })}
          onClose={() => setQuery({ letter: undefined, fix: undefined, sent: undefined })}
        >
          <LetterContent
            key={open}
            position={open}
            fixes={query.get('fix') === 'on'}
            sent={query.get('sent') ?? undefined}
          />
        </Detail>
      )}
      {list.data !== undefined && letters.length === 0 && !list.hasNextPage ? (
        <Empty title={t.none} hint={t.noneHint} actions={[[t.sendFaulty, '/generator']]} />
      ) : (
        <Card title={t.list}>
          <div className="stack">
            <div className="row">
              <PickAll selection={selection} />
              <span className="muted">{picked.length === 0 ? t.ofFilter(counts.data?.total ?? 0) : t.ofPicked}</span>
            </div>
            <BulkRedrive
              key={key}
              scope={{ filter, positions: picked }}
              count={picked.length === 0 ? counts.data?.total : picked.length}
              example={patchFor(letters.find(({ position }) => picked.includes(position)) ?? letters[0])}
              onSent={() => selection.setAll(false)}
            />
            {list.isPending && <Skeleton rows={10} />}
            <Rows letters={letters} open={open} selection={selection} />
            <ShowMore list={list} />
          </div>
        </Card>
      )}
    </>
  );
}

/** Opens the letter of a message of the orders' topic, or says that it has none. */
function LetterOfMessage({ position }: { readonly position: string }) {
  const t = useTexts(lettersTexts);
  const { data, error } = useQuery({
    queryKey: ['redriven', position],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/dead-letters/redriven', { params: { query: { position } }, signal })),
    refetchInterval: refetchEvery(),
  });
  const letter = data?.letter?.position;
  useEffect(() => {
    if (letter !== undefined) setQuery({ of: undefined, letter });
  }, [letter]);
  if (error !== null) return <ProblemAlert error={error} retries />;
  return <p role="status">{data === undefined || letter !== undefined ? t.seeking(position) : t.noLetter(position)}</p>;
}

interface FilterProps {
  readonly filter: LetterQuery;
  readonly counts: Readonly<Record<string, number>>;
}

function Filter({ filter, counts }: FilterProps) {
  const t = useTexts(lettersTexts);
  const words = useWording();
  const isAge = filter.until === undefined && AGES.some((age) => age === (filter.since ?? ''));
  return (
    <div className="fields">
      <NativeSelect
        label={t.reason}
        value={filter.reason?.[0] ?? ''}
        onChange={(event) => setQuery({ reason: event.currentTarget.value })}
        data={[
          { value: '', label: t.all },
          ...REASONS.map((value) => {
            const count = counts[value];
            return { value, label: count ? `${words.reason(value)} (${count})` : words.reason(value) };
          }),
        ]}
      />
      <NativeSelect
        label={t.age}
        value={isAge ? (filter.since ?? '') : CHOSEN}
        onChange={(event) => setQuery({ since: event.currentTarget.value, until: undefined })}
        data={[
          ...AGES.map((value) => ({ value, label: t.ages[value] })),
          ...(isAge ? [] : [{ value: CHOSEN, label: t.chosenTime }]),
        ]}
      />
      <AppliedInput label={t.key} value={filter.key ?? ''} onApply={(key) => setQuery({ key })} />
    </div>
  );
}

interface RowsProps {
  readonly letters: readonly DeadLetterSummary[];
  readonly open: string | undefined;
  readonly selection: Selection;
}

function Rows({ letters, open, selection }: RowsProps) {
  const t = useTexts(lettersTexts);
  const words = useWording();
  const common = useTexts(commonTexts);
  return (
    <Table
      label={t.list}
      columns={[[common.selected, 'plain__pick'], t.position, t.at, t.order, t.key, t.reason, t.detail, t.state]}
      className="plain plain--roomy plain--flows"
    >
      {letters.map(({ position, at, order_uid, key, reason, detail, redriven_at }) => (
        <tr key={position}>
          <PickCell selection={selection} row={position} />
          <td>
            <Button
              size="compact-xs"
              variant={position === open ? 'filled' : 'default'}
              data-row={position}
              onClick={() => {
                setQuery({ letter: position, fix: undefined, sent: undefined }, {});
              }}
            >
              {position}
            </Button>
          </td>
          <td>
            <Instant at={at} />
          </td>
          <td>{order_uid === null ? '—' : <Link href={addressOf(order_uid)}>{order_uid}</Link>}</td>
          <td>{key === order_uid ? <span className="muted">order_uid</span> : <code>{bytesText(key)}</code>}</td>
          <td>
            <span title={reason}>{words.reason(reason)}</span>
          </td>
          <td className="plain__line">{words.detail(detail)}</td>
          <td>{redriven_at !== null && t.sentBack}</td>
        </tr>
      ))}
    </Table>
  );
}
