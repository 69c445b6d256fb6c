import { useMemo } from 'react';
import type { LiveNote } from '../../client/schema.generated.ts';
import type { ChartEvent } from '../components/chart.tsx';
import { countEn, countRu } from '../i18n/format.ts';
import { dictionary, useFormat, useTexts } from '../i18n/language.ts';
import { type LiveStore, useLiveState } from './live-store.ts';

/** The variable parts of a note's text. */
interface NoteParts {
  readonly engine: string;
  readonly rate: string;
  readonly count: number;
  /** `0, 3, 5` */
  readonly partitions: string;
  readonly action: NonNullable<LiveNote['action']>;
}

type NoteTexts = Readonly<Record<LiveNote['kind'], (parts: NoteParts) => string>>;

const noteTexts = dictionary(
  {
    engines: { kafka: 'Kafka', postgresql: 'PostgreSQL', redis: 'Redis' } as Readonly<Record<string, string>>,
    noteTexts: {
      engine_down: ({ engine }) => `${engine} does not answer`,
      engine_up: ({ engine }) => `${engine} answers again`,
      generator_started: ({ rate }) => `The generator has started: ${rate} orders/s`,
      generator_stopped: ({ count }) => `The generator has stopped: ${countEn(count, 'order', 'orders')} sent`,
      dead_letters: ({ count }) => `${countEn(count, 'dead letter', 'dead letters')} arrived`,
      partitions_assigned: ({ partitions }) =>
        partitions === '' ? 'This consumer has no partitions' : `This consumer has partitions ${partitions}`,
      storing_waits: () => 'Storing is waiting for an engine that does not answer',
      storing_goes_on: () => 'Storing has resumed',
      client_replaced: ({ count }) =>
        `The Kafka client was replaced${count > 1 ? ` ${countEn(count, 'time', 'times')}` : ''}`,
      messages_lost: ({ count }) =>
        `${countEn(count, 'message was', 'messages were')} lost from the log before they could be read`,
      stale_answers: ({ count }) =>
        `Readers were given ${countEn(count, 'answer', 'answers')} older than what they had read before`,
      engine_action: ({ engine, action }) =>
        ({
          stop: `${engine} is being stopped`,
          kill: `${engine} is being killed`,
          start: `${engine} is being started`,
          restart: `${engine} is being restarted`,
          pause: `${engine} is being paused`,
          resume: `${engine} is being resumed`,
        })[action],
      rate_changed: ({ rate }) => `The generator now makes ${rate} orders/s`,
      redriven: ({ count }) => `${countEn(count, 'dead letter was', 'dead letters were')} sent back`,
    } satisfies NoteTexts,
  },
  {
    engines: { kafka: 'Kafka', postgresql: 'PostgreSQL', redis: 'Redis' },
    noteTexts: {
      engine_down: ({ engine }) => `${engine} не отвечает`,
      engine_up: ({ engine }) => `${engine} снова отвечает`,
      generator_started: ({ rate }) => `Генератор запущен: ${rate} заказов/с`,
      generator_stopped: ({ count }) =>
        `Генератор остановлен, отправлено: ${countRu(count, 'заказ', 'заказа', 'заказов')}`,
      dead_letters: ({ count }) => `Новые отклонённые: ${countRu(count, 'сообщение', 'сообщения', 'сообщений')}`,
      partitions_assigned: ({ partitions }) =>
        partitions === '' ? 'У этого потребителя нет партиций' : `Партиции этого потребителя: ${partitions}`,
      storing_waits: () => 'Сохранение приостановлено: движок не отвечает',
      storing_goes_on: () => 'Сохранение возобновлено',
      client_replaced: ({ count }) =>
        `Клиент Kafka заменён${count > 1 ? ` ${countRu(count, 'раз', 'раза', 'раз')}` : ''}`,
      messages_lost: ({ count }) =>
        `${countRu(count, 'сообщение пропало', 'сообщения пропали', 'сообщений пропало')} из журнала раньше, чем их прочитали`,
      stale_answers: ({ count }) =>
        `Читатели получили ${countRu(count, 'ответ', 'ответа', 'ответов')} старее того, что уже прочитали`,
      engine_action: ({ engine, action }) =>
        ({
          stop: `${engine} останавливают`,
          kill: `${engine} убивают`,
          start: `${engine} запускают`,
          restart: `${engine} перезапускают`,
          pause: `${engine} ставят на паузу`,
          resume: `${engine} снимают с паузы`,
        })[action],
      rate_changed: ({ rate }) => `Генератор теперь создаёт ${rate} заказов/с`,
      redriven: ({ count }) => `Отправлено повторно: ${countRu(count, 'отклонённое', 'отклонённых', 'отклонённых')}`,
    },
  },
);

/** A note in the reader's language; if this console does not know its kind, as the server words it. */
export function useNoteText(): (note: LiveNote) => string {
  const t = useTexts(noteTexts);
  const format = useFormat();
  return useMemo(
    () =>
      ({ kind, text, engine = '', rate = 0, count = 0, partitions = [], action = 'start' }) => {
        if (!Object.hasOwn(t.noteTexts, kind)) return text;
        return t.noteTexts[kind]({
          engine: t.engines[engine] ?? engine,
          rate: format.number(rate, 1),
          count,
          partitions: partitions.join(', '),
          action,
        });
      },
    [t, format],
  );
}

/** Undefined for what has a line of its own. */
function toneOf({ kind, action }: LiveNote): ChartEvent['tone'] | undefined {
  switch (kind) {
    case 'dead_letters':
      return undefined;
    case 'engine_down':
    case 'storing_waits':
    case 'messages_lost':
    case 'stale_answers':
      return 'bad';
    case 'engine_action':
      return action === 'start' || action === 'resume' ? 'accent' : 'bad';
    case 'engine_up':
    case 'storing_goes_on':
      return 'ok';
    default:
      return 'accent';
  }
}

/** What happened, for charts. */
export function useChartEvents(live: LiveStore): readonly ChartEvent[] {
  const notes = useLiveState(live, (state) => state.notes);
  const textOf = useNoteText();
  return useMemo(
    () =>
      notes.flatMap((note) => {
        const tone = toneOf(note);
        return tone === undefined ? [] : [{ at: Date.parse(note.at) / 1000, tone, text: textOf(note) }];
      }),
    [notes, textOf],
  );
}
