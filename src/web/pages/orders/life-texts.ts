import type { OrderState, OrderVersion } from '../../../client/schema.generated.ts';
import { countEn, countRu } from '../../i18n/format.ts';
import { dictionary } from '../../i18n/language.ts';

/** The name of each state of an order. */
export const stateTexts = dictionary<Readonly<Record<OrderState, string>>>(
  {
    placed: 'Placed',
    paid: 'Paid',
    assembled: 'Assembled',
    handed_over: 'Handed over',
    delivered: 'Delivered',
    payment_failed: 'Payment failed',
    cancelled_by_customer: 'Cancelled by customer',
    cancelled_by_seller: 'Cancelled by seller',
    out_of_stock: 'Out of stock',
    returned: 'Returned',
    refunded: 'Refunded',
    partly_returned: 'Partly returned',
    partly_refunded: 'Partly refunded',
    other: 'Other',
  },
  {
    placed: 'Оформлен',
    paid: 'Оплачен',
    assembled: 'Собран',
    handed_over: 'Передан в доставку',
    delivered: 'Доставлен',
    payment_failed: 'Оплата не прошла',
    cancelled_by_customer: 'Отменён покупателем',
    cancelled_by_seller: 'Отменён продавцом',
    out_of_stock: 'Нет в наличии',
    returned: 'Возвращён',
    refunded: 'Деньги возвращены',
    partly_returned: 'Частично возвращён',
    partly_refunded: 'Деньги возвращены частично',
    other: 'Другое',
  },
);

export const lifeTexts = dictionary(
  {
    states: 'Orders by state, now',
    reached: (n: string) => `${n} got this far`,
    reachedHint:
      'Orders that are in this state now, or further on: delivered or returned. Those that were cancelled are not among them.',
    unknown: (n: number) =>
      `The states of ${countEn(n, 'order', 'orders')} of an earlier version are being worked out.`,
    uncounted: 'Orders that an earlier version stored are not counted yet.',
    history: 'The life of the order',
    kinds: {
      first: 'First version',
      changed: 'Changed',
      same: 'Sent again, unchanged',
      rejected: 'Rejected',
    } satisfies Record<OrderVersion['kind'], string>,
    current: 'Stored now',
    replays: (n: number) => `sent back from the dead letters ${countEn(n, 'time', 'times')}`,
    letter: 'Dead letter',
    nothing: 'nothing',
    changesLeftOut: (n: number) => `and ${countEn(n, 'more change', 'more changes')}`,
    none: 'No message of this order was found.',
    searched: (n: number) => `${countEn(n, 'offset was', 'offsets were')} searched`,
    ofPartitions: (n: number, all: number) => `in ${n} of ${countEn(all, 'partition', 'partitions')}`,
    ofTopic: 'of',
    begins: 'The log begins there: retention may have deleted earlier versions.',
    compacted: 'The topic is compacted: Kafka deletes all but the last message of a key, sooner or later.',
    stopped: { time: 'The time was up.', limit: 'There are too many messages.' },
    further: 'Search further',
  },
  {
    states: 'Заказы по состояниям сейчас',
    reached: (n) => `дошло: ${n}`,
    reachedHint:
      'Заказы, которые сейчас в этом состоянии или дальше: доставлены или возвращены. Отменённые сюда не входят.',
    unknown: (n) => `Определяется состояние ${countRu(n, 'заказа', 'заказов', 'заказов')} прежней версии.`,
    uncounted: 'Заказы, сохранённые прежней версией, ещё не посчитаны.',
    history: 'Жизнь заказа',
    kinds: {
      first: 'Первая версия',
      changed: 'Изменён',
      same: 'Отправлен ещё раз без изменений',
      rejected: 'Отклонён',
    },
    current: 'Сохранён сейчас',
    replays: (n) => `возвращён из отклонённых ${countRu(n, 'раз', 'раза', 'раз')}`,
    letter: 'Отклонённое сообщение',
    nothing: 'ничего',
    changesLeftOut: (n) => `и ещё ${countRu(n, 'изменение', 'изменения', 'изменений')}`,
    none: 'Сообщений этого заказа не найдено.',
    searched: (n) => `Просмотрено: ${countRu(n, 'смещение', 'смещения', 'смещений')}`,
    ofPartitions: (n, all) => `в ${n} из ${countRu(all, 'партиции', 'партиций', 'партиций')}`,
    ofTopic: 'топика',
    begins: 'Здесь журнал начинается: более ранние версии могли быть удалены по сроку хранения.',
    compacted: 'Топик сжимается: рано или поздно Kafka удаляет все сообщения ключа, кроме последнего.',
    stopped: { time: 'Время вышло.', limit: 'Сообщений слишком много.' },
    further: 'Искать дальше',
  },
);
