import { Button, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { sendOrder } from '../../api/send-order.ts';
import { Link } from '../../app/link.tsx';
import { jsonErrorOf } from '../../components/json-error.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from './address.ts';
import { orderFormTexts } from './texts.ts';

interface OrderFormProps {
  readonly label: string;
  /** What the button says. */
  readonly action: string;
  /** The text to begin with. A form that begins empty does not complain of being so. */
  readonly start: string;
  readonly rows: number;
  /** Queries to ask again once the order is sent. */
  readonly changes?: readonly string[];
  /** More buttons. */
  readonly more?: (setText: (text: string) => void) => ReactNode;
}

/** An order as JSON, to be sent: the server says everything that is wrong with it. */
export function OrderForm({ label, action, start, rows, changes = [], more }: OrderFormProps) {
  const t = useTexts(orderFormTexts);
  const [text, setText] = useState(start);
  const isBlank = text.trim() === '';
  const broken = isBlank && start === '' ? undefined : jsonErrorOf(text);
  const send = useAction(sendOrder, {
    said: ({ status, order_uid }) => (status === 'stored' ? t.stored(order_uid) : t.accepted(order_uid)),
    changes,
  });
  return (
    <>
      <Textarea
        label={label}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={broken === undefined ? undefined : `${t.notJson}: ${broken}`}
        rows={rows}
        spellCheck={false}
        classNames={{ input: 'mono' }}
      />
      {send.error !== null && <ProblemAlert error={send.error} />}
      <div className="row">
        <Button
          disabled={isBlank || broken !== undefined}
          loading={send.isPending}
          onClick={() => send.mutate(text)}
        >
          {action}
        </Button>
        {more?.(setText)}
        {send.data !== undefined && <Link href={addressOf(send.data.order_uid)}>{t.open}</Link>}
      </div>
    </>
  );
}
