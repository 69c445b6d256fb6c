import { ActionIcon, Alert, Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconX } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { MessageToProduce, ProducedMessage } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useKept } from '../../components/kept.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { MessageLink, TopicLink } from '../links.tsx';
import { chooseTopic, useTopics } from '../topics/topics.ts';
import { BYTE_FORMS, DRAFT, inForm, keptDraft, messageOf, refusalOf, type TypedBytes } from './produce-draft.ts';
import { produceTexts } from './produce-texts.ts';

const LOOK_AFTER_MS = 300;

/** A form for any message, which says what sending it will do. What is typed is kept in the tab. */
export function ProduceForm({ topic }: { readonly topic: string }) {
  const t = useTexts(produceTexts);
  const { topics, of } = useTopics();
  const [kept, keep] = useKept(DRAFT);
  const draft = keptDraft(kept);
  const { headers } = draft;
  const set = (changes: Partial<typeof draft>) => {
    keep(JSON.stringify({ ...draft, ...changes }));
    send.reset();
  };
  const isWrong = [draft.key, draft.value, ...headers.map(({ value }) => value)].some((one) => refusalOf(one));
  const send = useAction(() => produce(topic, messageOf(draft), false), { changes: ['messages', 'topics'] });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isWrong) send.mutate();
  };
  const setHeader = (at: number, change: Partial<(typeof headers)[number]>) =>
    set({ headers: headers.map((one, index) => (index === at ? { ...one, ...change } : one)) });
  const names = topics.map(({ name }) => name);
  return (
    <form className="stack" onSubmit={submit}>
      <div className="fields">
        <NativeSelect
          label={t.topic}
          value={topic}
          onChange={(event) => chooseTopic(event.currentTarget.value)}
          data={names.includes(topic) ? names : [topic, ...names]}
        />
        <NativeSelect
          label={t.partition}
          value={draft.partition}
          onChange={(event) => set({ partition: event.currentTarget.value })}
          data={[
            { value: '', label: t.byKey },
            ...Array.from({ length: of(topic)?.partitions ?? 0 }, (_, number) => String(number)),
          ]}
        />
      </div>
      <BytesField label={t.key} names={t.forms.key} bytes={draft.key} onChange={(key) => set({ key })} />
      <BytesField
        label={t.value}
        names={t.forms.value}
        bytes={draft.value}
        onChange={(value) => set({ value })}
        isLong
      />
      <fieldset className="group">
        <legend>{t.headers}</legend>
        <div className="stack">
          {headers.map((header, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a header has no other identity.
            <div className="stack" key={at}>
              <div className="row">
                <TextInput
                  aria-label={t.headerName(at + 1)}
                  placeholder={t.headerName(at + 1)}
                  value={header.name}
                  onChange={(event) => setHeader(at, { name: event.currentTarget.value })}
                />
                <ActionIcon
                  variant="default"
                  aria-label={t.removeHeader(at + 1)}
                  title={t.removeHeader(at + 1)}
                  onClick={() => set({ headers: headers.toSpliced(at, 1) })}
                >
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              </div>
              <BytesField
                label={t.header(at + 1)}
                names={t.forms.key}
                bytes={header.value}
                onChange={(value) => setHeader(at, { value })}
              />
            </div>
          ))}
          <Button
            size="xs"
            variant="default"
            className="fit"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => set({ headers: [...headers, { name: '', value: { form: 'text', text: '' } }] })}
          >
            {t.addHeader}
          </Button>
        </div>
      </fieldset>
      {!isWrong && <Prospect topic={topic} message={messageOf(draft)} />}
      {send.error !== null && <ProblemAlert error={send.error} />}
      {send.data !== undefined && <Sent message={send.data} />}
      <div className="row-end">
        <Button type="submit" disabled={isWrong} loading={send.isPending}>
          {t.send}
        </Button>
      </div>
    </form>
  );
}

interface BytesFieldProps {
  readonly label: string;
  /** Of the forms. */
  readonly names: Readonly<Record<TypedBytes['form'], string>>;
  readonly bytes: TypedBytes;
  readonly onChange: (bytes: TypedBytes) => void;
  readonly isLong?: boolean;
}

/** Bytes as text, JSON, hex or base64; another form shows the same bytes. */
function BytesField({ label, names, bytes, onChange, isLong = false }: BytesFieldProps) {
  const t = useTexts(produceTexts);
  const [isNoText, setNoText] = useState(false);
  const refusal = isNoText ? 'notText' : refusalOf(bytes);
  const field = {
    label,
    value: bytes.text,
    disabled: bytes.form === 'none',
    error: bytes.text === '' || refusal === undefined ? undefined : t.refusals[refusal],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      setNoText(false);
      onChange({ ...bytes, text: event.currentTarget.value });
    },
    classNames: { input: 'mono' },
    spellCheck: false,
    autoComplete: 'off',
  };
  return (
    <div className="bytes">
      {isLong ? <Textarea {...field} rows={12} /> : <TextInput {...field} />}
      <NativeSelect
        aria-label={t.formOf(label)}
        value={bytes.form}
        data={BYTE_FORMS.map((form) => ({ value: form, label: names[form] }))}
        onChange={(event) => {
          const form = BYTE_FORMS.find((one) => one === event.currentTarget.value);
          const changed = form && inForm(bytes, form);
          setNoText(changed === undefined);
          if (changed !== undefined) onChange(changed);
        }}
      />
    </div>
  );
}

function produce(
  topic: string,
  message: MessageToProduce,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<ProducedMessage> {
  return dataOf(
    api.POST('/api/v1/topics/{topic}/messages', {
      params: { path: { topic } },
      body: { ...message, dry_run: dryRun },
      ...(signal && { signal }),
    }),
  );
}

/** What sending the message will do, as the service says. */
function Prospect({ topic, message }: { readonly topic: string; readonly message: MessageToProduce }) {
  const t = useTexts(produceTexts);
  const format = useFormat();
  const text = JSON.stringify(message);
  const [settled] = useDebouncedValue(text, LOOK_AFTER_MS);
  const { data, error } = useQuery({
    queryKey: ['produce', topic, settled],
    queryFn: ({ signal }) => produce(topic, message, true, signal),
    enabled: settled === text,
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  if (error !== null) return <ProblemAlert error={error} />;
  if (data === undefined) return null;
  const { partition, bytes, max_bytes: most, meaning } = data;
  const isTooLarge = most !== null && bytes > most;
  const size = most !== null && (isTooLarge ? t.tooLarge : t.size)(format.bytes(bytes), format.bytes(most));
  return (
    <div role="status">
      <p>
        {partition === null ? t.toAnyPartition(topic) : t.toPartition(topic, partition)}{' '}
        <span className={isTooLarge ? 'bad' : 'muted'}>{size}</span>
      </p>
      <p>
        <Effect topic={topic} meaning={meaning} />
      </p>
    </div>
  );
}

/** What becomes of a message in a topic. */
export function Effect({ topic, meaning }: Pick<ProducedMessage, 'topic' | 'meaning'>) {
  const t = useTexts(produceTexts).effects;
  const words = useWording();
  const use = useTopics().of(topic)?.use;
  if (use === undefined) return null;
  if (use === null) return t.others;
  if (use === 'dead_letters') return meaning.kind === 'dead_letter' ? t.deadLetter : t.foreignLetter;
  return meaning.kind === 'order' ? t.order(meaning.order_uid) : t.rejected(words.reason(meaning.reason));
}

/** Where a message is now. */
export function Sent({ message: { topic, partition, offset } }: { readonly message: ProducedMessage }) {
  const t = useTexts(produceTexts);
  return (
    <Alert color="green" variant="light" role="status">
      {t.sent}{' '}
      {partition === null || offset === null ? (
        <TopicLink topic={topic} />
      ) : (
        <MessageLink topic={topic} partition={partition} offset={offset} />
      )}
    </Alert>
  );
}
