import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Message } from '../../../client/schema.generated.ts';
import { useTail } from '../../api/use-tail.ts';
import { withQuery } from '../../app/navigation.ts';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { MessageRows } from './message-rows.tsx';
import { messagesTexts } from './texts.ts';

/** What arrives in a topic from now on; the last hundred are shown. */
export function Tail({ topic }: { readonly topic: string }) {
  const t = useTexts(messagesTexts);
  const [typed, setTyped] = useState('');
  const [text, setText] = useState('');
  const query = new URLSearchParams({ value_bytes: '200', ...(text !== '' && { text }) });
  const url = withQuery(`/api/v1/topics/${encodeURIComponent(topic)}/tail`, query);
  const { items, leftOut, error } = useTail(url, 'message', isMessage);
  return (
    <Card title={t.tailing}>
      <div className="stack">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setText(typed);
          }}
        >
          <TextInput
            label={t.tailText}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onBlur={() => setText(typed)}
          />
        </form>
        {error !== undefined && <ProblemAlert error={error} retries />}
        {leftOut > 0 && <p className="muted">{t.leftOut(leftOut)}</p>}
        {items.length === 0 ? <p className="empty">{t.waiting}</p> : <MessageRows messages={items} />}
      </div>
    </Card>
  );
}

// The events are made by the server this page comes from, by the schemas its types are made from.
function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'meaning' in data && 'offset' in data;
}
