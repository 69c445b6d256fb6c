import { countEn, countRu } from '../i18n/format.ts';
import { dictionary } from '../i18n/language.ts';

export const commonTexts = dictionary(
  {
    cancel: 'Cancel',
    close: 'Close',
    copied: 'Copied',
    copyFailed: 'Could not copy',
    retry: 'Try again',
    retrying: 'Retrying automatically.',
    giveToken: 'Enter the token',
    instance: 'Details are in the log under',
    more: 'Show more',
    unreachable: ['Service unavailable', 'The service does not answer. It may be restarting.'],
    status: (status: number) => `The service answered ${status}`,
    problems: {} as Readonly<Record<string, readonly [string, string]>>,
  },
  {
    cancel: 'Отмена',
    close: 'Закрыть',
    copied: 'Скопировано',
    copyFailed: 'Не удалось скопировать',
    retry: 'Повторить',
    retrying: 'Попытка повторится автоматически.',
    giveToken: 'Ввести токен',
    instance: 'Подробности в журнале под',
    more: 'Показать ещё',
    unreachable: ['Сервис недоступен', 'Сервис не отвечает. Возможно, он перезапускается.'],
    status: (status) => `Сервис ответил ${status}`,
    problems: {
      'bad-request': ['Запрос не понят', 'Исправьте указанное ниже.'],
      'bad-json': ['Это не JSON', 'Нужен текст JSON в UTF-8.'],
      'token-required': ['Нужен токен', 'Введите токен, с которым запущен сервер.'],
      'order-not-found': ['Заказ не найден', 'Только что отправленный заказ может быть ещё в пути.'],
      'topic-not-found': ['Такого топика нет', 'Выберите топик из списка.'],
      'message-not-found': [
        'Сообщения на этой позиции нет',
        'Журнал мог начаться позже или закончиться раньше.',
      ],
      'group-not-found': ['Такой группы нет', 'Выберите группу из списка.'],
      'dead-letter-not-found': ['Такого отклонённого сообщения нет', 'Откройте другое из списка.'],
      'body-too-large': ['Слишком длинно', 'Предел задаёт server.maxBodyBytes.'],
      'invalid-body': ['Данные не подходят', 'Исправьте указанное ниже.'],
      'order-rejected': ['Недопустимый заказ', 'Исправьте указанное ниже.'],
      'too-many-requests': ['Слишком много запросов', 'Подождите немного.'],
      internal: ['Что-то пошло не так', 'Подробности есть в журнале.'],
      'database-unavailable': [
        'Сервис недоступен: PostgreSQL не отвечает',
        'Заказы из кэша открываются и сейчас.',
      ],
      'kafka-unavailable': [
        'Kafka не отвечает',
        'Если заказ отправлялся, повторить безопасно: он сохранится один раз.',
      ],
      'kafka-rejected': ['Kafka не принимает сообщение', 'Возможно, оно длиннее max.message.bytes топика.'],
      'kafka-refuses': [
        'Kafka не принимает сообщения от сервиса',
        'Часы машины и брокера слишком разошлись, или сервису нельзя писать в топик: причина — в его журнале.',
      ],
      'cache-unavailable': [
        'Redis не используется',
        'Он не отвечает или отключён; заказы находятся и без него.',
      ],
      'engine-elsewhere': [
        'Этим движком отсюда не управляют',
        'Управляют только теми, что запущены из папки данных сервиса.',
      ],
      'engine-busy': ['С этим движком уже что-то делают', 'Повторите, когда это закончится.'],
      'engine-not-running': ['Движок не работает', 'Сначала запустите его.'],
      'engine-failed': ['Действие с движком не удалось', 'Причина указана в его карточке.'],
      'dead-letters-busy': [
        'Отклонённые сообщения уже возвращают',
        'Это делает другой процесс. Повторите позже.',
      ],
      'too-many-at-once': ['Слишком много таких запросов сразу', 'Повторите позже.'],
      overloaded: ['Слишком много запросов', 'Повторите позже.'],
      'timed-out': ['Ответ занял слишком много времени', 'Повторите позже.'],
    },
  },
);

export const editorTexts = dictionary(
  {
    checking: 'Checking…',
    unknown: 'The check failed. You can still send it.',
    accepted: (uid: string) => `This would be accepted as order ${uid}.`,
    wrong: (n: number) => `Not accepted: ${countEn(n, 'error', 'errors')}.`,
    notJson: 'This is not JSON.',
    place: (line: number, column: number) => `Line ${line}, column ${column}`,
  },
  {
    checking: 'Проверяется…',
    unknown: 'Проверить не удалось. Отправить всё равно можно.',
    accepted: (uid) => `Подходит: это заказ ${uid}.`,
    wrong: (n) => `Не подходит: ${countRu(n, 'ошибка', 'ошибки', 'ошибок')}.`,
    notJson: 'Это не JSON.',
    place: (line, column) => `Строка ${line}, столбец ${column}`,
  },
);
