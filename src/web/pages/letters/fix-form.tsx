import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { sendOrder } from '../../api/send-order.ts';
import { Link } from '../../app/link.tsx';
import { jsonErrorOf } from '../../components/json-error.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from '../orders/address.ts';
import { lettersTexts } from './texts.ts';

/** Mends the order of a letter and sends it as a new message. */
export function FixForm({ value }: { readonly value: unknown }) {
  const t = useTexts(lettersTexts);
  const [text, setText] = useState(() => JSON.stringify(value, undefined, 2));
  const broken = jsonErrorOf(text);
  const send = useAction(sendOrder, {
    said: ({ status, order_uid }) => (status === 'stored' ? t.stored(order_uid) : t.accepted(order_uid)),
    changes: ['letters'],
  });
  return (
    <details>
      <summary>{t.fix}</summary>
      <div className="stack">
        <p className="muted">{t.fixHint}</p>
        <Textarea
          label={t.fixed}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={broken === undefined ? undefined : `${t.notJson}: ${broken}`}
          rows={14}
          spellCheck={false}
          classNames={{ input: 'mono' }}
        />
        {send.error !== null && <ProblemAlert error={send.error} />}
        <div className="row">
          <Button disabled={broken !== undefined} loading={send.isPending} onClick={() => send.mutate(text)}>
            {t.fix}
          </Button>
          {send.data !== undefined && <Link href={addressOf(send.data.order_uid)}>{t.open}</Link>}
        </div>
      </div>
    </details>
  );
}
