import { expect, test } from 'bun:test';
import { messageQueryOf } from './message-query.ts';

test('the address says which messages', () => {
  const of = (text: string) => messageQueryOf(new URLSearchParams(text));
  expect(of('topic=orders&partition=0&offset=17&at=1h')).toEqual({ partition: 0, offset: 17 });
  expect(of('offset=17&at=1h&key=a')).toEqual({ at: '1h', key: 'a' });
  expect(of('partition=x&key=')).toEqual({});
});
