import type { Message, MessageToProduce } from '../../../client/schema.generated.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../../../lib/bounded-json.ts';
import { base64Of, bytesOf } from '../../components/bytes.ts';

/** How bytes are typed; `none` is null: no key, a tombstone. */
export const BYTE_FORMS = ['none', 'text', 'json', 'hex', 'base64'] as const;

export type ByteForm = (typeof BYTE_FORMS)[number];

/** Bytes as somebody types them. */
export interface TypedBytes {
  readonly form: ByteForm;
  readonly text: string;
}

/** A message that is not sent yet. */
export interface Draft {
  /** Empty: by the key. */
  readonly partition: string;
  readonly key: TypedBytes;
  readonly value: TypedBytes;
  readonly headers: readonly { readonly name: string; readonly value: TypedBytes }[];
}

/** The name under which the tab keeps the draft. */
export const DRAFT = 'message-draft';
/** A longer value is nothing to edit in a page. */
export const MOST_EDITED_BYTES = 1_000_000;

const EMPTY: Draft = {
  partition: '',
  key: { form: 'text', text: '' },
  value: { form: 'json', text: '' },
  headers: [],
};

/** The draft that the tab has kept, or an empty one. */
export function keptDraft(text: string): Draft {
  try {
    const draft: unknown = JSON.parse(text);
    return isDraft(draft) ? draft : EMPTY;
  } catch {
    return EMPTY;
  }
}

function isDraft(value: unknown): value is Draft {
  return (
    typeof value === 'object' && value !== null && ['partition', 'key', 'value', 'headers'].every((one) => one in value)
  );
}

/** A message to be changed before it is sent again: unchanged, it has the very bytes. */
export function draftOf({ partition, key, value, headers }: Message): Draft {
  return {
    partition: String(partition),
    key: typed(key),
    value: typeof value === 'string' && isJson(value) ? { form: 'json', text: value } : typed(value),
    headers: headers.map((one) => ({ name: one.name, value: typed(one.value) })),
  };
}

function typed(bytes: Message['key']): TypedBytes {
  if (bytes === null) return { form: 'none', text: '' };
  return typeof bytes === 'string' ? { form: 'text', text: bytes } : { form: 'base64', text: bytes.base64 };
}

/** What is wrong with typed bytes; undefined when nothing is. */
export function refusalOf({ form, text }: TypedBytes): 'json' | 'hex' | 'base64' | undefined {
  if (form === 'json') return isJson(text) ? undefined : form;
  if (form === 'hex') return /^(?:[0-9a-f]{2})*$/i.test(plainHex(text)) ? undefined : form;
  if (form !== 'base64') return undefined;
  try {
    return btoa(atob(plain(text))) === plain(text) ? undefined : form;
  } catch {
    return form;
  }
}

/** The draft as the API takes it. Its bytes are refused by none of `refusalOf`. */
export function messageOf({ partition, key, value, headers }: Draft): MessageToProduce {
  return {
    key: sent(key),
    value: sent(value),
    headers: headers.map((one) => ({ name: one.name, value: sent(one.value) })),
    ...(partition !== '' && { partition: Number(partition) }),
  };
}

function sent({ form, text }: TypedBytes): Message['key'] {
  if (form === 'none') return null;
  if (form === 'base64') return { base64: plain(text) };
  if (form !== 'hex') return text;
  const bytes = plainHex(text).match(/../g) ?? [];
  return { base64: base64Of(Uint8Array.from(bytes, (one) => Number.parseInt(one, 16))) };
}

/** The same bytes in another form; undefined where they are no text in UTF-8. */
export function inForm(bytes: TypedBytes, form: ByteForm): TypedBytes | undefined {
  const now = refusalOf(bytes) === undefined ? sent(bytes) : null;
  if (now === null || form === 'none') return { form, text: form === 'none' ? '' : bytes.text };
  const raw = typeof now === 'string' ? new TextEncoder().encode(now) : bytesOf(now.base64);
  if (form === 'hex') return { form, text: [...raw].map((one) => one.toString(16).padStart(2, '0')).join(' ') };
  if (form === 'base64') return { form, text: base64Of(raw) };
  try {
    return { form, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw) };
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    parseBoundedJson(new TextEncoder().encode(text), DEPTH_BOUND);
    return true;
  } catch {
    return false;
  }
}

function plain(text: string): string {
  return text.replace(/\s+/g, '');
}

/** Without what people write between bytes: spaces, colons, `0x`. */
function plainHex(text: string): string {
  return text.replace(/0x|[\s:,]+/gi, '');
}
