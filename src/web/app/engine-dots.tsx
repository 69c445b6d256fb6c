import { useEngines } from '../api/readiness.ts';
import { useTexts } from '../i18n/dictionary.ts';
import { useFormat } from '../i18n/use-format.ts';
import { shellTexts } from './texts.ts';

const ENGINES = [
  ['kafka', 'Kafka'],
  ['postgresql', 'PostgreSQL'],
  ['redis', 'Redis'],
] as const;

/** How each engine is. */
export function EngineDots() {
  const engines = useEngines();
  const t = useTexts(shellTexts);
  const format = useFormat();
  return (
    <ul className="engines" aria-label={t.engines}>
      {ENGINES.map(([name, label]) => {
        const engine = engines?.find((one) => one.name === name);
        const state = engines === undefined ? 'unknown' : (engine?.status ?? 'unused');
        const more = engine?.status === 'up' ? t.answersIn(format.span(engine.latency_ms ?? 0)) : t[state];
        return (
          <li key={name} className={`engine engine--${state}`} title={`${label}: ${more}`}>
            <span className="engine__dot" aria-hidden="true" />
            {label} <span className="engine__state">{t[state]}</span>
          </li>
        );
      })}
    </ul>
  );
}
