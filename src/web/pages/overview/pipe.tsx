import type { LiveSample } from '../../../client/schema.generated.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { overviewTexts } from './texts.ts';

type Health = 'up' | 'down' | 'unknown';

/** The pipe as it is, with what flows through it at present. */
export function Pipe({ sample }: { readonly sample: LiveSample }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const { topic, generator, consumer, lookups, engines } = sample;
  const rate = (value: number | undefined) =>
    value === undefined ? '—' : t.perSecond(format.number(value, value < 10 ? 1 : 0));
  const healthOf = (name: 'kafka' | 'postgresql' | 'redis'): Health =>
    engines.find((one) => one.name === name)?.status ?? 'unknown';
  const engine = (name: 'kafka' | 'postgresql' | 'redis') => {
    const health = healthOf(name);
    return health === 'unknown' ? '—' : t[health];
  };
  const asked = lookups.l1_per_s + lookups.redis_per_s + lookups.postgresql_per_s;
  return (
    <section className="pipe" aria-label={t.pipe}>
      <Node name={t.producer} state={generator === null ? t.off : t.states[generator.state]} />
      <Arrow text={rate(topic?.arrived_per_s)} flows={(topic?.arrived_per_s ?? 0) > 0} />
      <Node name="Kafka" state={engine('kafka')} health={healthOf('kafka')}>
        {topic !== null && t.lag(format.number(topic.lag), topic.pending > 0 && format.number(topic.pending))}
      </Node>
      <Arrow text={rate(topic?.stored_per_s)} flows={(topic?.stored_per_s ?? 0) > 0} />
      <Node name={t.consumer} state={consumer === null ? t.off : consumer.waiting ? t.waiting : t.storing}>
        {topic !== null && `${rate(topic.dead_lettered_per_s)} ${t.deadLetters}`}
      </Node>
      <Arrow text={rate(topic?.stored_per_s)} flows={(topic?.stored_per_s ?? 0) > 0} />
      <div className="pipe__stores">
        <Node name="PostgreSQL" state={engine('postgresql')} health={healthOf('postgresql')}>
          {`${rate(lookups.postgresql_per_s)} ${t.lookups}`}
        </Node>
        <Node name="Redis" state={engine('redis')} health={healthOf('redis')}>
          {`${rate(lookups.redis_per_s)} ${t.lookups}`}
        </Node>
      </div>
      <Arrow text={rate(asked)} flows={asked > 0} />
      <Node name={t.rest} state={`${rate(asked)} ${t.lookups}`}>
        {`${t.memory}: ${rate(lookups.l1_per_s)}`}
      </Node>
    </section>
  );
}

interface NodeProps {
  readonly name: string;
  readonly state: string;
  readonly health?: Health;
  readonly children?: string | false;
}

function Node({ name, state, health, children }: NodeProps) {
  return (
    <div className={`pipe__node${health === 'down' ? ' pipe__node--down' : ''}`}>
      <b>{name}</b>
      <span>{state}</span>
      {children && <small>{children}</small>}
    </div>
  );
}

function Arrow({ text, flows }: { readonly text: string; readonly flows: boolean }) {
  return (
    <div className={flows ? 'pipe__arrow pipe__arrow--flows' : 'pipe__arrow'}>
      <span>{text}</span>
      <i className="pipe__line" aria-hidden="true" />
    </div>
  );
}
