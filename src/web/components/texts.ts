import { countEn, countRu } from '../i18n/format.ts';
import { dictionary } from '../i18n/language.ts';

export const commonTexts = dictionary(
  {
    cancel: 'Cancel',
    close: 'Close',
    copied: 'Copied',
    copyFailed: 'Could not copy',
    retry: 'Try again',
    retrying: 'It is tried again by itself.',
    giveToken: 'Enter the token',
    instance: 'The log has more under',
    more: 'Show more',
    unreachable: ['Service unavailable', 'The service does not answer. It may be starting again.'],
    status: (status: number) => `The service answered ${status}`,
    problems: {} as Readonly<Record<string, readonly [string, string]>>,
  },
  {
    cancel: 'Отмена',
    close: 'Закрыть',
    copied: 'Скопировано',
    copyFailed: 'Не удалось скопировать',
    retry: 'Повторить',
    retrying: 'Попытка повторится сама.',
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
      'order-rejected': ['Это не годный заказ', 'Исправьте указанное ниже.'],
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
        'Kafka не принимает сообщений от сервиса',
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
      'engine-failed': ['С движком не вышло', 'Причина написана в его карточке.'],
      'dead-letters-busy': ['Отклонённые сообщения заняты', 'Их отправляет другой процесс. Повторите позже.'],
      'too-many-at-once': ['Слишком много таких запросов сразу', 'Повторите позже.'],
      overloaded: ['Слишком много запросов', 'Повторите позже.'],
      'timed-out': ['Ответ занял слишком много времени', 'Повторите позже.'],
    },
  },
);

export const editorTexts = dictionary(
  {
    checking: 'Checking…',
    unknown: 'It could not be checked. It can be sent nevertheless.',
    accepted: (uid: string) => `This would be accepted as order ${uid}.`,
    wrong: (n: number) => `Not accepted: ${countEn(n, 'place is wrong', 'places are wrong')}.`,
    notJson: 'This is not JSON.',
    place: (line: number, column: number) => `Line ${line}, column ${column}`,
  },
  {
    checking: 'Проверяется…',
    unknown: 'Проверить не удалось. Отправить всё равно можно.',
    accepted: (uid) => `Подходит: это заказ ${uid}.`,
    wrong: (n) => `Не подходит: ${countRu(n, 'место неверно', 'места неверны', 'мест неверны')}.`,
    notJson: 'Это не JSON.',
    place: (line, column) => `Строка ${line}, столбец ${column}`,
  },
);
