import { type ReactNode, useEffect, useRef } from 'react';
import type { LiveSample } from '../../../client/schema.generated.ts';
import { Link } from '../../app/navigation.tsx';
import { useTexts } from '../../i18n/language.ts';
import { type LiveStore, useLiveState } from '../../live/live-store.ts';
import { overviewTexts } from './texts.ts';

/** What a part takes from the latest sample; renders again when that changes. */
export function useSample<T>(live: LiveStore, of: (sample: LiveSample) => T): T | undefined {
  return useLiveState(live, ({ latest }) => latest && of(latest));
}

/** Undefined or null for what is not known. */
type Figure = (sample: LiveSample) => number | undefined | null;

/** The same of a figure, as exactly as it is shown. */
function useFigure(live: LiveStore, of: Figure): number | undefined {
  return useSample(live, (sample) => {
    const value = of(sample) ?? undefined;
    return value === undefined || value < 10 ? value : Math.round(value);
  });
}

export type NodeState = keyof typeof TONES;

const TONES = {
  up: 'ok',
  down: 'bad',
  unknown: 'off',
  unused: 'off',
  running: 'ok',
  stopping: 'warn',
  stopped: 'off',
  storing: 'ok',
  reading: 'ok',
  halting: 'warn',
  halted: 'off',
  waiting: 'warn',
  off: 'off',
} as const;

interface NodeProps {
  readonly live: LiveStore;
  /** Its place in the grid. */
  readonly area: string;
  readonly name: string;
  /** The page that has more of it. */
  readonly href: string;
  readonly state?: (sample: LiveSample) => NodeState;
  readonly figure: Figure;
  readonly write: (value: number) => string;
  readonly unit: string;
  /** Another figure, shown in small if it is known. */
  readonly more?: Figure;
  readonly writeMore?: (value: number) => string;
  readonly children?: ReactNode;
}

/** A part of the pipe: its name, how it is, and a figure. */
export function Node({ live, area, name, href, state, figure, write, unit, more, writeMore, children }: NodeProps) {
  const t = useTexts(overviewTexts);
  const is = useSample(live, (sample) => state?.(sample));
  const shown = useFigure(live, figure);
  const besides = useFigure(live, (sample) => more?.(sample));
  return (
    <div
      className={`pipe__node pipe__node--${area} ${is === 'down' ? 'pipe__node--down' : ''}`}
      style={{ gridArea: area }}
    >
      <Link href={href}>{name}</Link>
      {is !== undefined && <span className={`pipe__state pipe__state--${TONES[is]}`}>{t.nodeStates[is]}</span>}
      <span className="pipe__figure">
        <b>{shown === undefined ? '—' : write(shown)}</b> <small>{unit}</small>
      </span>
      {besides !== undefined && <small className="pipe__more">{writeMore?.(besides)}</small>}
      {children}
    </div>
  );
}

interface ArrowProps {
  readonly live: LiveStore;
  readonly area: keyof typeof overviewTexts.en.arrows;
  readonly href: string;
  readonly of: Figure;
  readonly rate: (value: number) => string;
  readonly down?: boolean;
}

/** Moves the faster, the more passes through. */
export function Arrow({ live, area, href, of, rate, down = false }: ArrowProps) {
  const t = useTexts(overviewTexts);
  const value = useFigure(live, of);
  const text = value === undefined ? '—' : rate(value);
  const speed = speedOf(value ?? 0);
  const line = useRef<HTMLElement>(null);
  useEffect(() => {
    // Another duration would make what moves jump.
    for (const motion of line.current?.getAnimations({ subtree: true }) ?? []) motion.updatePlaybackRate(speed);
  }, [speed]);
  return (
    <div
      className={`pipe__arrow pipe__arrow--${area} ${down ? 'pipe__arrow--down' : ''} ${speed > 0 ? 'pipe__arrow--flows' : ''}`}
      style={{ gridArea: area }}
    >
      <Link href={href} aria-label={`${t.arrows[area]}: ${text}`} title={t.arrows[area]}>
        {text}
      </Link>
      <i className="pipe__line" aria-hidden="true" ref={line} />
    </div>
  );
}

/** Steps a second: 0 for none, and one more for ten times as many. */
function speedOf(rate: number): number {
  return rate <= 0 ? 0 : Math.round(2 * (0.6 + Math.log10(1 + rate))) / 2;
}
