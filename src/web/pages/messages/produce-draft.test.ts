import { expect, test } from 'bun:test';
import type { Message } from '../../../client/schema.generated.ts';
import { type ByteForm, draftOf, inForm, keptDraft, messageOf, refusalOf } from './produce-draft.ts';

const of = (form: ByteForm, text: string) => ({ form, text });

test('a message that is not changed has the bytes it had', () => {
  const message: Message = {
    partition: 2,
    offset: 7,
    timestamp: '2026-01-01T00:00:00Z',
    key: { base64: '/w==' },
    headers: [
      { name: 'h', value: null },
      { name: 'h', value: { base64: 'AA==' } },
    ],
    value: ' {"a": 1.0}\n',
    value_bytes: 12,
    cut: false,
    meaning: { kind: 'order', order_uid: 'a' },
  };
  const { key, value, headers, partition } = message;
  const draft = draftOf(message);
  expect(draft.value.form).toBe('json');
  expect(messageOf(draft)).toEqual({ key, value, headers, partition });
  expect(keptDraft(JSON.stringify(draft))).toEqual(draft);
  expect(messageOf(draftOf({ ...message, key: null, value: '' }))).toMatchObject({ key: null, value: '' });
  for (const kept of ['{}', 'null']) expect(keptDraft(kept)).toEqual(keptDraft(''));
});

test('bytes are typed as hex or base64', () => {
  const value = (form: ByteForm, text: string) => messageOf({ ...keptDraft(''), value: of(form, text) }).value;
  expect(value('hex', '0xFF 00:0a')).toEqual({ base64: '/wAK' });
  expect(value('hex', '')).toEqual({ base64: '' });
  expect(value('base64', ' /wAK\n')).toEqual({ base64: '/wAK' });
  expect(value('none', 'what was typed before')).toBeNull();
});

test('what is no JSON, hex or base64 is refused', () => {
  expect([of('json', '{'), of('json', ''), of('hex', 'f'), of('hex', 'xy'), of('base64', 'A')].map(refusalOf)).toEqual([
    'json',
    'json',
    'hex',
    'hex',
    'base64',
  ]);
  expect([of('text', '{'), of('json', '1'), of('hex', ''), of('none', '{')].map(refusalOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('another form shows the same bytes', () => {
  expect(inForm(of('text', 'é'), 'hex')).toEqual(of('hex', 'c3 a9'));
  expect(inForm(of('hex', 'c3a9'), 'text')).toEqual(of('text', 'é'));
  expect(inForm(of('json', '1'), 'base64')).toEqual(of('base64', 'MQ=='));
  expect(inForm(of('base64', '/w=='), 'text')).toBeUndefined();
  expect(inForm(of('none', ''), 'text')).toEqual(of('text', ''));
  expect(inForm(of('hex', 'zz'), 'text')).toEqual(of('text', 'zz'));
});
