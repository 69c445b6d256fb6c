import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.ts';
import { Card } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { type Layer, type Layers, layersOf } from './layers.ts';
import type { LetterFilter } from './letter-query.ts';
import { ReasonPlot } from './reason-plot.tsx';
import { lettersTexts } from './texts.ts';

const REFRESH_MS = 5_000;

/** When and why letters were rejected: the last hour, or what the filter says. Choosing a reason or a range changes the page's filter. */
export function ReasonChart({ filter }: { readonly filter: LetterFilter }) {
  const t = useTexts(lettersTexts);
  const format = useFormat();
  // All reasons stay in sight, so that another one can be chosen.
  const { reason: [chosen] = [], ...query } = filter;
  const { data, error } = useQuery({
    queryKey: ['letters', 'timeline', JSON.stringify(query)],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/dead-letters/timeline', { params: { query }, signal })),
    refetchInterval: refetchEvery(REFRESH_MS),
    placeholderData: keepPreviousData,
  });
  const layers = useMemo(() => data && layersOf(data), [data]);
  if (data === undefined || layers === undefined)
    return error === null ? null : <ProblemAlert error={error} retries />;
  const until = Date.parse(data.until) / 1000;
  const chooseReason = (reason: Layer['reason']) => {
    if (reason !== 'others') setQuery({ reason: reason === chosen ? undefined : reason });
  };
  const chooseRange = (since: number, to: number) => setQuery({ since: isoOf(since), until: isoOf(to) }, {});
  return (
    <Card title={t.overTime(format.dateTime(data.since), format.dateTime(data.until))}>
      {error !== null && <ProblemAlert error={error} retries />}
      {data.cut && <p className="muted">{t.timelineCut(format.dateTime(data.complete_since))}</p>}
      <div className="reasons">
        <div className="row">
          {layers.layers.map(({ reason, colour, total }) => (
            <Button
              key={reason}
              size="compact-xs"
              variant={reason === chosen ? 'light' : 'default'}
              aria-pressed={reason === chosen}
              disabled={reason === 'others'}
              leftSection={<span className={`reasons__key reasons__key--${colour}`} aria-hidden="true" />}
              onClick={() => chooseReason(reason)}
            >
              {`${reason === 'others' ? t.others : reason} ${format.number(total)}`}
            </Button>
          ))}
          {layers.layers.length === 0 && <span className="muted">{t.noneThen}</span>}
        </div>
        <ReasonPlot
          layers={layers}
          until={until}
          chosen={chosen}
          onReason={chooseReason}
          onRange={chooseRange}
        />
        <p className="muted">{t.chooseHint}</p>
        <details>
          <summary>{t.asTable}</summary>
          <Table layers={layers} until={until} onRange={chooseRange} />
        </details>
      </div>
    </Card>
  );
}

interface TableProps {
  readonly layers: Layers;
  readonly until: number;
  readonly onRange: (since: number, until: number) => void;
}

/** The same as a table; of buckets without letters, nothing. */
function Table({ layers: { at, layers }, until, onRange }: TableProps) {
  const t = useTexts(lettersTexts);
  const rows = at
    .map((start, bucket) => ({ start, end: at[bucket + 1] ?? until, bucket }))
    .filter(({ bucket }) => layers.some(({ counts }) => (counts[bucket] ?? 0) > 0));
  const names = layers.map(({ reason }) => (reason === 'others' ? t.others : reason));
  return (
    <ScrollX label={t.asTable}>
      <table className="plain">
        <TableHead columns={[t.from, ...names.map((name) => [name, 'num'] as const)]} />
        <tbody>
          {rows.map(({ start, end, bucket }) => (
            <tr key={start}>
              <td>
                <Button size="compact-xs" variant="default" onClick={() => onRange(start, end)}>
                  <Instant at={start * 1000} />
                </Button>
              </td>
              {layers.map(({ reason, counts }) => (
                <td key={reason} className="num">
                  {counts[bucket]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function isoOf(second: number): string {
  return new Date(second * 1000).toISOString();
}
