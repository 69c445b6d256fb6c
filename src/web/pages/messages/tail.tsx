import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Message } from '../../../client/schema.generated.ts';
import type { ApiError } from '../../api/api-error.ts';
import { followEvents } from '../../api/event-stream.ts';
import { withQuery } from '../../app/navigation.ts';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { MessageRows } from './message-rows.tsx';
import { messagesTexts } from './texts.ts';

const MOST_SHOWN = 100;
const DRAW_MS = 250;

/** What arrives in a topic from now on; the last hundred are shown. */
export function Tail({ topic }: { readonly topic: string }) {
  const t = useTexts(messagesTexts);
  const [typed, setTyped] = useState('');
  const [text, setText] = useState('');
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const [leftOut, setLeftOut] = useState(0);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  useEffect(() => {
    let waiting: Message[] = [];
    setMessages([]);
    setLeftOut(0);
    const query = new URLSearchParams({ value_bytes: '200', ...(text !== '' && { text }) });
    const stop = followEvents(withQuery(`/api/v1/topics/${encodeURIComponent(topic)}/tail`, query), {
      onState: setError,
      onEvent: (name, data) => {
        if (name === 'message' && isMessage(data)) waiting.unshift(data);
        if (name === 'left_out' && isCount(data)) setLeftOut((count) => count + data.count);
        waiting = waiting.slice(0, MOST_SHOWN);
      },
    });
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      const arrived = waiting;
      waiting = [];
      setMessages((shown) => [...arrived, ...shown].slice(0, MOST_SHOWN));
    }, DRAW_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [topic, text]);
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
        {messages.length === 0 ? <p className="empty">{t.waiting}</p> : <MessageRows messages={messages} />}
      </div>
    </Card>
  );
}

// The events are made by the server this page comes from, by the schemas its types are made from.
function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'meaning' in data && 'offset' in data;
}

function isCount(data: unknown): data is { count: number } {
  return typeof data === 'object' && data !== null && 'count' in data && typeof data.count === 'number';
}
