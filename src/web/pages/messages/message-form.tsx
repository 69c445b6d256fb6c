import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { IconCalendar } from '@tabler/icons-react';
import { type FormEvent, useRef, useState } from 'react';
import { setQuery } from '../../app/navigation.tsx';
import { useLanguage, useTexts } from '../../i18n/language.ts';
import { parseNumber } from '../../i18n/number-text.ts';
import type { MessageQuery } from '../addresses.ts';
import { messagesTexts } from './texts.ts';
import { whenOf, whenText } from './when.ts';

interface MessageFormProps {
  readonly wanted: MessageQuery;
  readonly partitions: number;
  /** While new messages are followed: they are not searched from a place on. */
  readonly tails: boolean;
}

/** Which messages to show; they are searched for when it is sent. */
export function MessageForm({ wanted, partitions, tails }: MessageFormProps) {
  const t = useTexts(messagesTexts);
  const language = useLanguage();
  const [typed, setTyped] = useState({
    partition: String(wanted.partition ?? ''),
    offset: String(wanted.offset ?? ''),
    at: whenText(wanted.at ?? ''),
    key: wanted.key ?? '',
    text: wanted.text ?? '',
    json: wanted.json ?? '',
  });
  const [isSent, setSent] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const set = (changes: Partial<typeof typed>) => setTyped({ ...typed, ...changes });
  const at = whenOf(typed.at);
  const offset = parseNumber(typed.offset, language);
  const refusals = {
    offset: typed.offset.trim() !== '' && !(offset !== undefined && Number.isSafeInteger(offset) && offset >= 0),
    at: typed.at.trim() !== '' && at === undefined,
    json: typed.json.trim() !== '' && !typed.json.trim().startsWith('/'),
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (Object.values(refusals).some(Boolean)) return;
    const [key, text, json] = [typed.key.trim(), typed.text.trim(), typed.json.trim()];
    const from = typed.partition === '' || offset === undefined ? undefined : String(offset);
    setQuery({ partition: typed.partition, offset: from, at, key, text, json }, {});
  };
  const error = (name: keyof typeof refusals) => (isSent && refusals[name] ? t.refusals[name] : undefined);
  return (
    <form className="fields fields--top" onSubmit={submit}>
      <NativeSelect
        label={t.partition}
        value={typed.partition}
        onChange={(event) => set({ partition: event.currentTarget.value })}
        data={[
          { value: '', label: t.allPartitions },
          ...Array.from({ length: partitions }, (_, number) => String(number)),
        ]}
      />
      {!tails && (
        <>
          <TextInput
            label={t.offset}
            value={typed.offset}
            inputMode="numeric"
            placeholder={typed.partition === '' ? t.choosePartition : undefined}
            disabled={typed.partition === ''}
            error={error('offset')}
            onChange={(event) => set({ offset: event.currentTarget.value })}
          />
          <TextInput
            label={t.at}
            placeholder="15 m, 2026-11-27 19:30"
            value={typed.at}
            error={error('at')}
            onChange={(event) => set({ at: event.currentTarget.value })}
            rightSection={
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t.pickTime}
                title={t.pickTime}
                onClick={() => picker.current?.showPicker()}
              >
                <IconCalendar size={16} aria-hidden />
              </ActionIcon>
            }
          />
          <input
            ref={picker}
            type="datetime-local"
            className="hidden"
            tabIndex={-1}
            aria-hidden="true"
            onChange={(event) => set({ at: event.currentTarget.value.replace('T', ' ') })}
          />
        </>
      )}
      <TextInput label={t.key} value={typed.key} onChange={(event) => set({ key: event.currentTarget.value })} />
      <TextInput
        label={t.text}
        placeholder={t.textHint}
        value={typed.text}
        onChange={(event) => set({ text: event.currentTarget.value })}
      />
      <TextInput
        label={t.json}
        placeholder="/payment/currency=USD"
        value={typed.json}
        error={error('json')}
        onChange={(event) => set({ json: event.currentTarget.value })}
      />
      <Button type="submit" variant="default" className="fields__button">
        {t.search}
      </Button>
    </form>
  );
}
