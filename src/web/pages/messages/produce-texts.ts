import { dictionary } from '../../i18n/language.ts';

export const produceTexts = dictionary(
  {
    produce: 'Produce a message',
    topic: 'Topic',
    partition: 'Partition',
    byKey: 'By the key',
    key: 'Key',
    value: 'Value',
    headers: 'Headers',
    header: (n: number) => `Header ${n}`,
    headerName: (n: number) => `Name of header ${n}`,
    addHeader: 'Add a header',
    removeHeader: (n: number) => `Remove header ${n}`,
    formOf: (what: string) => `${what}: written as`,
    forms: {
      key: { none: 'None', text: 'Text', json: 'JSON', hex: 'Hex', base64: 'Base64' },
      value: { none: 'Tombstone (null)', text: 'Text', json: 'JSON', hex: 'Hex', base64: 'Base64' },
    },
    refusals: {
      json: 'This is not JSON. Choose “Text” to send it anyway.',
      hex: 'Write two hexadecimal digits for each byte: 7b 7d.',
      base64: 'This is not base64 with its padding.',
      notText: 'These bytes are not text in UTF-8.',
    },
    toPartition: (topic: string, partition: number) => `Goes to partition ${partition} of ${topic}.`,
    toAnyPartition: (topic: string) => `Goes to one of the partitions of ${topic}, in turn.`,
    size: (bytes: string, most: string) => `${bytes} of at most ${most} (max.message.bytes).`,
    tooLarge: (bytes: string, most: string) =>
      `It takes ${bytes}, and the topic takes ${most} (max.message.bytes): Kafka refuses it unless it is compressed.`,
    effects: {
      order: (uid: string) =>
        `The consumer stores it as order ${uid}, in place of a version that came from the same partition or was produced earlier.`,
      rejected: (reason: string) => `The consumer writes a dead letter: ${reason}.`,
      deadLetter: 'It has the headers of a dead letter and is listed as one.',
      foreignLetter: 'It is no dead letter of this service: it is listed as “unknown”, and a proof reports it.',
      others: 'This service does not read this topic.',
    },
    send: 'Send',
    sent: 'Sent:',
    again: 'Send again',
    againTitle: (position: string) => `Send ${position} again?`,
    againHint: (topic: string, partition: number) =>
      `The same bytes of key, headers and value are written to partition ${partition} of ${topic} once more.`,
    change: 'Change before sending',
    tooLongToEdit: 'Too long to edit here',
  },
  {
    produce: 'Отправить сообщение',
    topic: 'Топик',
    partition: 'Партиция',
    byKey: 'По ключу',
    key: 'Ключ',
    value: 'Значение',
    headers: 'Заголовки',
    header: (n) => `Заголовок ${n}`,
    headerName: (n) => `Имя заголовка ${n}`,
    addHeader: 'Добавить заголовок',
    removeHeader: (n) => `Убрать заголовок ${n}`,
    formOf: (what) => `${what}: как записано`,
    forms: {
      key: { none: 'Нет', text: 'Текст', json: 'JSON', hex: 'Hex', base64: 'Base64' },
      value: { none: 'Удаление (null)', text: 'Текст', json: 'JSON', hex: 'Hex', base64: 'Base64' },
    },
    refusals: {
      json: 'Это не JSON. Чтобы всё равно отправить, выберите «Текст».',
      hex: 'Нужно по две шестнадцатеричные цифры на байт: 7b 7d.',
      base64: 'Это не base64 с дополнением.',
      notText: 'Эти байты — не текст в UTF-8.',
    },
    toPartition: (topic, partition) => `Попадёт в партицию ${partition} топика ${topic}.`,
    toAnyPartition: (topic) => `Попадёт в одну из партиций топика ${topic}, по очереди.`,
    size: (bytes, most) => `${bytes} из ${most} возможных (max.message.bytes).`,
    tooLarge: (bytes, most) =>
      `Займёт ${bytes}, а топик принимает ${most} (max.message.bytes): без сжатия Kafka его не примет.`,
    effects: {
      order: (uid) =>
        `Потребитель сохранит заказ ${uid} вместо версии, которая пришла из той же партиции или создана раньше.`,
      rejected: (reason) => `Потребитель отклонит его: ${reason}.`,
      deadLetter: 'У него заголовки отклонённого сообщения: оно появится в их списке.',
      foreignLetter: 'Это не отклонённое сообщение сервиса: в списке оно «unknown», и проверка о нём сообщит.',
      others: 'Этот топик сервис не читает.',
    },
    send: 'Отправить',
    sent: 'Отправлено:',
    again: 'Отправить снова',
    againTitle: (position) => `Отправить ${position} снова?`,
    againHint: (topic, partition) =>
      `Те же байты ключа, заголовков и значения будут записаны в партицию ${partition} топика ${topic} ещё раз.`,
    change: 'Изменить и отправить',
    tooLongToEdit: 'Слишком длинно для правки здесь',
  },
);
