import { Badge, Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DeadLetterSummary } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery, usePages } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { AppliedInput, Card, Instant, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { useTexts } from '../../i18n/language.ts';
import { LetterCard } from './letter.tsx';
import { AGES, filterOfQuery, type LetterQuery, REASONS } from './letter-query.ts';
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
  const open = query.get('letter') ?? undefined;
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
      </PageTitle>
      {error !== null && <ProblemAlert error={error} retries />}
      {counts.data?.cut === true && <p className="muted">{t.cut}</p>}
      <Filter filter={filter} counts={counts.data?.by_reason ?? {}} />
      <ReasonChart filter={filter} />
      {open !== undefined && (
        <LetterCard
          key={open}
          position={open}
          fixes={query.get('fix') === 'on'}
          sent={query.get('sent') ?? undefined}
        />
      )}
      {list.data !== undefined && letters.length === 0 && !list.hasNextPage ? (
        <p className="empty">{t.none}</p>
      ) : (
        <Card title={t.list}>
          <Rows letters={letters} open={open} />
          <ShowMore list={list} />
        </Card>
      )}
      <BulkRedrive filter={filter} key={key} />
    </>
  );
}

interface FilterProps {
  readonly filter: LetterQuery;
  readonly counts: Readonly<Record<string, number>>;
}

function Filter({ filter, counts }: FilterProps) {
  const t = useTexts(lettersTexts);
  const isAge = filter.until === undefined && AGES.some((age) => age === (filter.since ?? ''));
  return (
    <div className="fields">
      <NativeSelect
        label={t.reason}
        value={filter.reason?.[0] ?? ''}
        onChange={(event) => setQuery({ reason: event.currentTarget.value })}
        data={[
          { value: '', label: t.all },
          ...REASONS.map((value) => ({ value, label: counts[value] ? `${value} (${counts[value]})` : value })),
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
}

function Rows({ letters, open }: RowsProps) {
  const t = useTexts(lettersTexts);
  return (
    <Table label={t.list} columns={[t.position, t.at, t.reason, t.detail, t.state]} className="plain plain--roomy">
      {letters.map(({ position, at, reason, detail, redriven_at }) => (
        <tr key={position}>
          <td>
            <Button
              size="compact-xs"
              variant={position === open ? 'light' : 'default'}
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
          <td>
            <code>{reason}</code>
          </td>
          <td>{detail}</td>
          <td>{redriven_at !== null && t.sentBack}</td>
        </tr>
      ))}
    </Table>
  );
}
