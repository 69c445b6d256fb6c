import { dictionary } from '../../i18n/dictionary.ts';

/** What can become of a letter that is to be sent back. */
export const outcomeTexts = dictionary(
  {
    outcomes: {
      sent: 'Sent back',
      would_send: 'Would be sent back',
      already_redriven: 'Left alone, it was sent back before',
      max_replays: 'Left alone, it came back too often',
      foreign: 'Left alone, it is no dead letter of this service',
      other_topic: 'Left alone, it is of another topic',
      truncated: 'Left alone, only the start of its value is here',
      not_editable: 'Left alone, the change does not apply to it',
      refused: 'Refused by Kafka',
    } as Readonly<Record<string, string>>,
    wouldBeStored: (uid: string) => `The consumer would accept it, as order ${uid}.`,
    wouldComeBack: (reason: string) => `It would come back: ${reason}`,
    nothing: 'No letter fits.',
    missing: 'The letter is not there any more.',
  },
  {
    outcomes: {
      sent: 'Возвращено',
      would_send: 'Было бы возвращено',
      already_redriven: 'Не тронуто: уже возвращалось',
      max_replays: 'Не тронуто: возвращалось слишком часто',
      foreign: 'Не тронуто: отклонил не этот сервис',
      other_topic: 'Не тронуто: из другого топика',
      truncated: 'Не тронуто: сохранилось только начало',
      not_editable: 'Не тронуто: правка к нему не подходит',
      refused: 'Kafka не принимает',
    },
    wouldBeStored: (uid) => `Подходит: было бы принято как заказ ${uid}.`,
    wouldComeBack: (reason) => `Вернулось бы отклонённым: ${reason}`,
    nothing: 'Под фильтр ничего не подходит.',
    missing: 'Этого сообщения больше нет.',
  },
);
