import { useQuery } from '@tanstack/react-query';
import type { Cache } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery, useAction } from '../../api/queries.ts';
import { Chart } from '../../components/chart.tsx';
import { ConfirmButton } from '../../components/dialog.tsx';
import { Card, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useLanguage, useTexts } from '../../i18n/language.ts';
import { FIGURES, type FigureName } from '../../live/figures.ts';
import { useLive, usePoints } from '../../live/live-store.ts';
import { useChartEvents } from '../../live/notes.ts';
import { CachedKeys } from './cached-keys.tsx';
import { Invalidations } from './invalidations.tsx';
import { cacheTexts } from './texts.ts';

/** The tiers of the cache, what Redis holds, what they forget, and how to make them forget. */
export function CachePage() {
  const t = useTexts(cacheTexts);
  const { data, error } = useQuery({
    queryKey: ['cache', 'tiers'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/cache', { signal })),
    refetchInterval: refetchEvery(2_000),
  });
  const flush = useAction(() => dataOf(api.DELETE('/api/v1/cache', {})), {
    said: ({ keys }) => t.flushed(keys),
    changes: ['cache'],
  });
  return (
    <>
      <PageTitle title={t.title}>
        {data !== undefined && (
          <StateBadge color={data.redis.in_use ? 'green' : 'orange'} failing={error !== null}>
            Redis: {data.redis.in_use ? t.inUse : t.notInUse}
            {data.redis.reason !== null && ` (${t.troubles[data.redis.reason]})`}
          </StateBadge>
        )}
        <ConfirmButton
          size="xs"
          className="page-title__end"
          question={t.flushQuestion}
          explanation={t.flushHint}
          onConfirm={() => flush.mutate()}
        >
          {t.flush}
        </ConfirmButton>
      </PageTitle>
      {(error ?? flush.error) !== null && <ProblemAlert error={error ?? flush.error} retries />}
      {data === undefined && error === null && <Skeleton rows={6} />}
      {data !== undefined && (
        <div className="cards">
          <Tiers cache={data} />
          <HitShares />
        </div>
      )}
      <div className="cards">
        <CachedKeys all={data?.redis.nodes.reduce((sum, node) => sum + node.keys, 0)} />
        <Invalidations />
      </div>
    </>
  );
}

function Tiers({ cache: { l1, redis, postgresql, absent } }: { readonly cache: Cache }) {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  const all = l1.hits + redis.hits + postgresql.hits + absent;
  const keys = redis.nodes.reduce((sum, node) => sum + node.keys, 0);
  const rows = [
    [t.memory, l1.hits, `${t.orders(l1.orders)}, ${format.bytes(l1.bytes)}`],
    ['Redis', redis.hits, t.keys(keys)],
    ['PostgreSQL', postgresql.hits, ''],
    [t.absent, absent, ''],
  ] as const;
  return (
    <Card title={t.tiers}>
      <Table label={t.tiers} columns={[t.tier, [t.answered, 'num'], [t.share, 'num'], t.holds]}>
        {rows.map(([name, hits, holds]) => (
          <tr key={name}>
            <td>{name}</td>
            <td className="num">{format.number(hits)}</td>
            <td className="num">{all === 0 ? '—' : format.percent((hits / all) * 100)}</td>
            <td>{holds}</td>
          </tr>
        ))}
      </Table>
      <ul className="muted">
        {redis.nodes.map(({ address, used_bytes, max_bytes, tracked }) => (
          <li key={address}>
            {t.node} {address}: {used_bytes === null ? '—' : format.bytes(used_bytes)} /{' '}
            {max_bytes === null ? '—' : max_bytes === 0 ? t.noLimit : format.bytes(max_bytes)}; {t.tracked}:{' '}
            {tracked ? t.yes : t.no}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const WINDOW_S = 900;
const TIERS: readonly FigureName[] = ['l1', 'redis', 'postgresql', 'absent'];

/** Which part of the lookups each tier has answered, over the last minutes. */
function HitShares() {
  const t = useTexts(cacheTexts);
  const language = useLanguage();
  const live = useLive();
  const points = usePoints(live, WINDOW_S);
  const events = useChartEvents(live);
  const lines = TIERS.map((name) => points.line(name));
  const all = points.at.map((_, at) => lines.reduce((sum, line) => sum + (line[at] ?? 0), 0));
  const series = TIERS.map((name, tier) => ({
    label: FIGURES[name].label[language],
    colour: FIGURES[name].colour,
    values: all.map((sum, at) => (sum === 0 ? null : ((lines[tier]?.[at] ?? 0) / sum) * 100)),
  }));
  return <Chart title={t.shares} at={points.at} series={series} unit="share" events={events} windowS={WINDOW_S} />;
}
