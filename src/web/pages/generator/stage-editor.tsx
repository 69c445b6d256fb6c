import { ActionIcon, Button } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { NumberField } from '../../components/number-field.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { curveOf, MOST_STAGES, type ReadStages, STAGE_FIELDS, type StageDraft, stageAt } from './stages.ts';
import { generatorTexts } from './texts.ts';

interface StageEditorProps {
  readonly drafts: readonly StageDraft[];
  readonly read: ReadStages;
  /** Orders per second at the beginning. */
  readonly rate: number;
  /** How long ago these very stages began, ms; undefined when they do not run. */
  readonly runsMs: number | undefined;
  readonly onChange: (drafts: readonly StageDraft[]) => void;
}

/** The stages of a load, one a row, to add, remove and put into another order, with their curve. */
export function StageEditor({ drafts, read, rate, runsMs, onChange }: StageEditorProps) {
  const t = useTexts(generatorTexts);
  const list = useRef<HTMLOListElement>(null);
  /** A row was moved, added or removed: what has the focus next, by `data-of`. */
  const focus = useRef<string>(undefined);
  useEffect(() => {
    if (focus.current === undefined) return;
    list.current?.querySelector<HTMLElement>(`[data-of="${focus.current}"]`)?.focus();
    focus.current = undefined;
  });
  const move = (at: number, by: -1 | 1) => {
    const to = at + by;
    const one = drafts[at];
    if (one === undefined || to < 0 || to >= drafts.length) return;
    focus.current = `${to} ${to === 0 || (by === 1 && to < drafts.length - 1) ? 'down' : 'up'}`;
    onChange(drafts.toSpliced(at, 1).toSpliced(to, 0, one));
  };
  const remove = (at: number) => {
    focus.current = `${Math.min(at, drafts.length - 2)} remove`;
    onChange(drafts.toSpliced(at, 1));
  };
  const add = () => {
    focus.current = `${drafts.length} seconds`;
    onChange([...drafts, drafts.at(-1) ?? { seconds: '30', rate: '20', faults: '' }]);
  };
  return (
    <fieldset className="group stages">
      <legend>{t.stages}</legend>
      <p className="muted">{t.stagesHint}</p>
      <RateCurve stages={read.stages} rate={rate} runsMs={runsMs} />
      <ol ref={list}>
        {drafts.map((draft, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a stage is nothing but its place and its texts.
          <li key={at} className="stages__row">
            {STAGE_FIELDS.map((name) => (
              <NumberField
                key={name}
                size="xs"
                label={t.stageFields[name]}
                aria-label={t.ofStage(t.stageFields[name], at + 1)}
                data-of={`${at} ${name}`}
                placeholder={name === 'faults' ? t.asBelow : undefined}
                value={draft[name]}
                refusal={read.refusals[at]?.[name]}
                onText={(text) => onChange(drafts.with(at, { ...draft, [name]: text }))}
              />
            ))}
            <div className="row stages__tools">
              <ActionIcon
                variant="default"
                aria-label={t.ofStage(t.earlier, at + 1)}
                data-of={`${at} up`}
                disabled={at === 0}
                onClick={() => move(at, -1)}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                variant="default"
                aria-label={t.ofStage(t.later, at + 1)}
                data-of={`${at} down`}
                disabled={at === drafts.length - 1}
                onClick={() => move(at, 1)}
              >
                <IconArrowDown size={16} />
              </ActionIcon>
              <ActionIcon
                variant="default"
                aria-label={t.ofStage(t.removeStage, at + 1)}
                data-of={`${at} remove`}
                disabled={drafts.length === 1}
                onClick={() => remove(at)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </div>
          </li>
        ))}
      </ol>
      <Button size="xs" variant="default" disabled={drafts.length >= MOST_STAGES} onClick={add}>
        {t.addStage}
      </Button>
    </fieldset>
  );
}

const WIDTH = 600;
const HEIGHT = 90;
const EDGE = 6;

type RateCurveProps = Pick<StageEditorProps, 'rate' | 'runsMs'> & Pick<ReadStages, 'stages'>;

/** The rate over time, with the stages that have faults of their own, and where it is now. */
function RateCurve({ stages, rate, runsMs }: RateCurveProps) {
  const t = useTexts(generatorTexts);
  const format = useFormat();
  const { points, ms, orders } = curveOf(stages, rate);
  const most = Math.max(1, ...points.map((point) => point.rate));
  const x = (at: number) => EDGE + (Math.min(at, ms) / Math.max(1, ms)) * (WIDTH - 2 * EDGE);
  const y = (value: number) => HEIGHT - EDGE - (value / most) * (HEIGHT - 2 * EDGE);
  const line = points.map((point) => `${x(point.ms).toFixed(1)},${y(point.rate).toFixed(1)}`).join(' ');
  const running = runsMs === undefined ? undefined : stageAt(stages, runsMs);
  return (
    <>
      <svg
        className="stages__curve"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.curve(points.map((point) => format.number(point.rate, 1)).join(' → '))}
      >
        {stages.map(({ faults = 0 }, at) => {
          const [from, to] = [points[at], points[at + 1]];
          return faults > 0 && from !== undefined && to !== undefined ? (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a stage is its place.
              key={at}
              className="stages__faults"
              x={x(from.ms)}
              y={0}
              width={x(to.ms) - x(from.ms)}
              height={HEIGHT}
            />
          ) : undefined;
        })}
        <polygon className="stages__area" points={`${x(0)},${HEIGHT} ${line} ${x(ms)},${HEIGHT}`} />
        <polyline className="stages__line" points={line} />
        {runsMs !== undefined && <line className="stages__now" x1={x(runsMs)} x2={x(runsMs)} y1={0} y2={HEIGHT} />}
      </svg>
      <p className="muted stages__sum">
        <span>{t.stagesSum(format.span(ms), format.number(orders), format.number(most, 1))}</span>
        {runsMs !== undefined && <b>{running === undefined ? t.stagesOver : t.stageNow(running, stages.length)}</b>}
      </p>
    </>
  );
}
