import { dictionary } from '../../i18n/language.ts';

export const actionTexts = dictionary(
  {
    start: 'Start',
    started: 'The generator is running',
    load: (rate: string, faults?: string) =>
      `The generator makes ${rate} orders/s, ${faults === undefined ? 'without faults' : `${faults} of them faulty`}`,
    slower: (rate: string) => `Slower: ${rate} orders/s`,
    faster: (rate: string) => `Faster: ${rate} orders/s`,
    faults: 'Add faults',
    faultsHint: 'Makes some of the orders faulty: they become dead letters',
    noFaults: 'No faults',
    noFaultsHint: 'Makes good orders only',
    startReaders: 'Readers on',
    stopReaders: 'Readers off',
    readersOn: 'The readers are running',
    readersOff: 'The readers have stopped',
  },
  {
    start: 'Запустить',
    started: 'Генератор работает',
    load: (rate, faults) =>
      `Генератор создаёт ${rate} заказов/с, ${faults === undefined ? 'без дефектов' : `с дефектами ${faults}`}`,
    slower: (rate) => `Медленнее: ${rate} заказов/с`,
    faster: (rate) => `Быстрее: ${rate} заказов/с`,
    faults: 'С дефектами',
    faultsHint: 'Часть заказов будет с дефектами: их отклонят',
    noFaults: 'Без дефектов',
    noFaultsHint: 'Все заказы будут годными',
    startReaders: 'Включить',
    stopReaders: 'Выключить',
    readersOn: 'Читатели работают',
    readersOff: 'Читатели остановлены',
  },
);
