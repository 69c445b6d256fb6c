import { type ComponentType, lazy, memo, Suspense } from 'react';
import type { LiveSample } from '../../../client/schema.generated.ts';
import { useFormat, useTexts } from '../../i18n/language.ts';
import type { LiveStore } from '../../live/live-store.ts';
import type { PipeActionsProps } from './actions.tsx';
import { Arrow, Node, type NodeState, useSample } from './pipe-parts.tsx';
import { pipeStateOf, tierShares } from './pipe-state.ts';
import { overviewTexts } from './texts.ts';

/** They come after the page, which is of use without them. */
const PipeActions = lazy(async (): Promise<{ default: ComponentType<PipeActionsProps> }> => {
  const loaded = await import('./actions.tsx').catch(() => undefined);
  return { default: loaded?.PipeActions ?? (() => null) };
});

interface LiveProps {
  readonly live: LiveStore;
}

/**
 * The way of the orders, from the generator to the readers, as it is at present. Each part follows only what it shows,
 * so that a sample renders no more than it changes.
 */
export const Pipe = memo(function Pipe({ live }: LiveProps) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const rate = (value: number) => t.perSecond(format.number(value, value < 10 ? 1 : 0));
  const actions = (of: PipeActionsProps['of']) => (
    <Suspense fallback={<div className="pipe__actions" />}>
      <PipeActions of={of} />
    </Suspense>
  );
  return (
    <section className="pipe" aria-label={t.pipe}>
      <Summary live={live} />
      <Node
        live={live}
        area="generator"
        name={t.generator}
        href="/generator"
        state={({ generator }) => generator?.state ?? 'off'}
        figure={({ generator }) => generator?.current_rate}
        write={rate}
        unit={t.orders}
      >
        {actions('generator')}
      </Node>
      <Arrow live={live} area="arrived" href="/messages" of={({ topic }) => topic?.arrived_per_s} rate={rate} />
      <Node
        live={live}
        area="kafka"
        name="Kafka"
        href="/messages"
        state={stateOf('kafka')}
        figure={({ topic }) => topic?.lag}
        write={format.number}
        unit={t.lag}
        more={({ topic }) => topic?.pending || undefined}
        writeMore={(pending) => t.pendingOf(format.number(pending))}
      >
        {actions('kafka')}
      </Node>
      <Arrow live={live} area="read" href="/messages" of={({ topic }) => topic?.stored_per_s} rate={rate} />
      <Node
        live={live}
        area="consumer"
        name={t.consumer}
        href="/messages"
        state={consumerState}
        figure={({ consumer }) => consumer?.readable_ms?.p50}
        write={format.span}
        unit={t.untilReadable}
      />
      <Arrow
        live={live}
        area="rejected"
        href="/dead-letters"
        of={({ topic }) => topic?.dead_lettered_per_s}
        rate={rate}
        down
      />
      <Node
        live={live}
        area="dead"
        name={t.deadLetters}
        href="/dead-letters"
        figure={({ topic }) => topic?.dead_letters}
        write={format.number}
        unit={t.inTopic}
      />
      <Arrow
        live={live}
        area="stored"
        href="/orders"
        of={({ topic }) => topic && Math.max(0, topic.stored_per_s - topic.dead_lettered_per_s)}
        rate={rate}
      />
      <Node
        live={live}
        area="postgresql"
        name="PostgreSQL"
        href="/orders"
        state={stateOf('postgresql')}
        figure={({ consumer }) => consumer?.written}
        write={format.number}
        unit={t.storedSince}
      >
        {actions('postgresql')}
      </Node>
      <Arrow
        live={live}
        area="postgresqlLookups"
        href="/orders"
        of={({ lookups }) => lookups.postgresql_per_s}
        rate={rate}
      />
      <Node
        live={live}
        area="redis"
        name="Redis"
        href="/cache"
        state={stateOf('redis')}
        figure={(sample) => tierShares(sample).redis}
        write={format.percent}
        unit={t.ofLookups}
      >
        {actions('redis')}
      </Node>
      <Arrow live={live} area="redisLookups" href="/cache" of={({ lookups }) => lookups.redis_per_s} rate={rate} />
      <Node
        live={live}
        area="rest"
        name={t.rest}
        href="/cache"
        figure={({ lookups }) => lookups.l1_per_s + lookups.redis_per_s + lookups.postgresql_per_s}
        write={rate}
        unit={t.lookups}
      >
        <Tiers live={live} />
      </Node>
      <Arrow live={live} area="answered" href="/readers" of={({ reader }) => reader.answered_per_s} rate={rate} />
      <Node
        live={live}
        area="readers"
        name={t.readers}
        href="/readers"
        state={({ reader }) => READING[reader.state]}
        figure={({ reader }) => reader.answered_per_s}
        write={rate}
        unit={t.answers}
        more={({ reader }) => reader.stale}
        writeMore={(stale) => t.stale(format.number(stale))}
      >
        {actions('readers')}
      </Node>
    </section>
  );
});

type EngineName = LiveSample['engines'][number]['name'];
function consumerState(sample: LiveSample): NodeState {
  if (sample.consumer === null) return 'off';
  return sample.consumer.waiting || stateOf('kafka')(sample) === 'down' ? 'waiting' : 'storing';
}

/** Of the readers, of whom there are several. */
const READING = { running: 'reading', stopping: 'halting', stopped: 'halted' } as const;

function stateOf(name: EngineName): (sample: LiveSample) => NodeState {
  return ({ engines }) => {
    const engine = engines.find((one) => one.name === name);
    if (engine === undefined) return 'unknown';
    return engine.status === 'up' && engine.in_use === false ? 'unused' : engine.status;
  };
}

/** Who answers the lookups. */
function Tiers({ live }: LiveProps) {
  const t = useTexts(overviewTexts);
  const l1 = useSample(live, (sample) => tierShares(sample).l1) ?? 0;
  const redis = useSample(live, (sample) => tierShares(sample).redis) ?? 0;
  const postgresql = useSample(live, (sample) => tierShares(sample).postgresql) ?? 0;
  const format = useFormat();
  const shares = [
    ['l1', t.memory, l1],
    ['redis', 'Redis', redis],
    ['postgresql', 'PostgreSQL', postgresql],
  ] as const;
  return (
    <>
      <div className="tiers" aria-hidden="true">
        {shares.map(([tier, , share]) => (
          <i key={tier} className={`tiers__${tier}`} style={{ flexGrow: share }} />
        ))}
      </div>
      <ul className="tiers__names">
        {shares.map(([tier, name, share]) => (
          <li key={tier}>
            <i className={`tiers__key tiers__${tier}`} aria-hidden="true" />
            {name} <b>{format.percent(share)}</b>
          </li>
        ))}
      </ul>
    </>
  );
}

/** How it goes, in words. */
function Summary({ live }: LiveProps) {
  const t = useTexts(overviewTexts);
  const state = useSample(live, pipeStateOf) ?? 'flowing';
  const [said, meaning] = t.summaries[state];
  return (
    <p className={`pipe__summary pipe__summary--${state}`} role="status">
      <strong>{said}</strong> {meaning}
    </p>
  );
}
