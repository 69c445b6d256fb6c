import type { LiveNote } from '../../../client/schema.generated.ts';
import { countEn, countRu } from '../../i18n/format.ts';
import { dictionary } from '../../i18n/language.ts';

/** The variable parts of a note's text. */
interface NoteParts {
  readonly engine: string;
  readonly rate: string;
  readonly count: number;
  /** `0, 3, 5` */
  readonly partitions: string;
}

type NoteTexts = Readonly<Record<LiveNote['kind'], (parts: NoteParts) => string>>;

export const overviewTexts = dictionary(
  {
    title: 'Overview',
    live: 'Live',
    stale: 'Stale: no data for several seconds',
    connecting: 'Connecting…',
    pipe: 'The path of an order',
    window: 'Time span of the charts',
    windows: { '5m': '5 min', '15m': '15 min', '1h': '1 h' },
    perSecond: (rate: string) => `${rate}/s`,
    producer: 'Generator',
    consumer: 'Consumer',
    rest: 'REST',
    off: 'not in this process',
    states: { stopped: 'stopped', running: 'running', stopping: 'stopping' },
    waiting: 'waiting for an engine',
    storing: 'storing',
    lag: (lag: string, pending: string | false) =>
      pending === false ? `lag ${lag}` : `lag ${lag}, of which ${pending} behind a transaction`,
    up: 'up',
    down: 'down',
    lookups: 'lookups',
    deadLetters: 'dead letters',
    memory: 'Server memory',
    lagByPartition: 'Lag by partition',
    partitionNumber: (partition: number) => `Partition ${partition}`,
    otherPartitions: 'All others',
    furthestBehind: (n: number) => `The ${n} partitions furthest behind.`,
    partitions: 'Partitions',
    partition: 'Partition',
    end: 'End of the log',
    storedTo: 'Stored up to',
    behind: 'Behind',
    pending: 'Behind a transaction',
    seeTransactions: 'Show whose transaction it is',
    notes: 'Events',
    noNotes: 'No events in the last minutes.',
    engines: { kafka: 'Kafka', postgresql: 'PostgreSQL', redis: 'Redis' } as Readonly<Record<string, string>>,
    noteTexts: {
      engine_down: ({ engine }) => `${engine} does not answer`,
      engine_up: ({ engine }) => `${engine} answers again`,
      generator_started: ({ rate }) => `The generator has started: ${rate} orders/s`,
      generator_stopped: ({ count }) => `The generator has stopped: ${countEn(count, 'order', 'orders')} sent`,
      dead_letters: ({ count }) => `${countEn(count, 'dead letter', 'dead letters')} arrived`,
      partitions_assigned: ({ partitions }) =>
        partitions === '' ? 'This consumer has no partitions' : `This consumer has partitions ${partitions}`,
      storing_waits: () => 'Storing is waiting for an engine that is down',
      storing_goes_on: () => 'Storing has resumed',
      client_replaced: () => 'The Kafka client was replaced',
      messages_lost: ({ count }) =>
        `${countEn(count, 'message was', 'messages were')} lost from the log before they could be read`,
    } satisfies NoteTexts,
    process: 'Process',
    cpu: 'CPU, share of one core',
    rss: 'Memory',
    loop: 'Event loop delay',
    uptime: 'Uptime',
  },
  {
    title: 'Обзор',
    live: 'В реальном времени',
    stale: 'Данные устарели: уже несколько секунд ничего не приходит',
    connecting: 'Подключение…',
    pipe: 'Путь заказа',
    window: 'Период на графиках',
    windows: { '5m': '5 мин', '15m': '15 мин', '1h': '1 ч' },
    perSecond: (rate) => `${rate}/с`,
    producer: 'Генератор',
    consumer: 'Потребитель',
    rest: 'REST',
    off: 'не в этом процессе',
    states: { stopped: 'остановлен', running: 'работает', stopping: 'останавливается' },
    waiting: 'ждёт движок',
    storing: 'сохраняет',
    lag: (lag, pending) =>
      pending === false ? `отставание ${lag}` : `отставание ${lag}, из него ${pending} за транзакцией`,
    up: 'работает',
    down: 'не отвечает',
    lookups: 'запросов',
    deadLetters: 'отклонённых',
    memory: 'Память сервера',
    lagByPartition: 'Отставание по партициям',
    partitionNumber: (partition) => `Партиция ${partition}`,
    otherPartitions: 'Все остальные',
    furthestBehind: (n) => `Партиции с наибольшим отставанием: ${n}.`,
    partitions: 'Партиции',
    partition: 'Партиция',
    end: 'Конец журнала',
    storedTo: 'Сохранено до',
    behind: 'Позади',
    pending: 'За транзакцией',
    seeTransactions: 'Показать, чья это транзакция',
    notes: 'События',
    noNotes: 'За последние минуты событий нет.',
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
      storing_waits: () => 'Сохранение ждёт движок, который не отвечает',
      storing_goes_on: () => 'Сохранение возобновлено',
      client_replaced: () => 'Клиент Kafka заменён',
      messages_lost: ({ count }) =>
        `${countRu(count, 'сообщение пропало', 'сообщения пропали', 'сообщений пропало')} из журнала до чтения`,
    },
    process: 'Процесс',
    cpu: 'Процессор, доля одного ядра',
    rss: 'Память',
    loop: 'Задержка цикла событий',
    uptime: 'Время работы',
  },
);
