import type { EngineStatus } from '../api.ts';
import { formatSpan } from '../format.ts';

const ENGINES = [
  ['kafka', 'Kafka', 'carries every order on its way in'],
  ['postgresql', 'PostgreSQL', 'keeps them, each exactly once'],
  ['redis', 'Redis', 'answers for those asked for again'],
] as const;

interface EnginesProps {
  readonly engines: readonly EngineStatus[] | undefined;
}

/** One dot per engine. */
export function EngineDots({ engines }: EnginesProps) {
  return (
    <ul class="engines" aria-label="Engines">
      {ENGINES.map(([name, label]) => {
        const { status, text } = stateOf(engines, name);
        return (
          <li key={name} class={`engine engine--${status}`} title={`${label}: ${text}`}>
            <span class="engine__dot" aria-hidden="true" />
            {label} {status === 'down' ? <b>down</b> : <span class="hidden">{status}</span>}
          </li>
        );
      })}
    </ul>
  );
}

/** What each engine is for, and how it is. */
export function EngineCards({ engines }: EnginesProps) {
  return (
    <ol class="pipeline" aria-label="The way of an order">
      {ENGINES.map(([name, label, role]) => {
        const { status, text } = stateOf(engines, name);
        return (
          <li key={name} class="card">
            <h2>{label}</h2>
            <p>{role}</p>
            <p class={`engine engine--${status}`}>
              <span class="engine__dot" aria-hidden="true" />
              {text}
            </p>
          </li>
        );
      })}
    </ol>
  );
}

function stateOf(engines: readonly EngineStatus[] | undefined, name: EngineStatus['name']) {
  if (engines === undefined) return { status: 'unknown', text: 'Not known yet' };
  const engine = engines.find((one) => one.name === name);
  if (engine === undefined) return { status: 'unused', text: 'Not in use' };
  if (engine.status === 'down') return { status: 'down', text: 'Does not answer' };
  return { status: 'up', text: `Answers in ${formatSpan(engine.latency_ms ?? 0)}` };
}
