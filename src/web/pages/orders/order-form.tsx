import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { sendOrder } from '../../api/send-order.ts';
import { Link } from '../../app/link.tsx';
import { OrderEditor } from '../../components/order-editor.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useOrderCheck } from '../../components/use-order-check.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from './address.ts';
import { orderFormTexts } from './texts.ts';

interface OrderFormProps {
  readonly label: string;
  /** What the button says. */
  readonly action: string;
  /** The text to begin with. */
  readonly start: string;
  readonly rows: number;
  /** Queries to ask again once the order is sent. */
  readonly changes?: readonly string[];
  /** More buttons. */
  readonly more?: (setText: (text: string) => void) => ReactNode;
}

/** An order as JSON, to be sent: everything that is wrong with it is said while it is typed. */
export function OrderForm({ label, action, start, rows, changes = [], more }: OrderFormProps) {
  const t = useTexts(orderFormTexts);
  const [text, setText] = useState(start);
  const verdict = useOrderCheck(text);
  const send = useAction(sendOrder, {
    said: ({ status, order_uid }) => (status === 'stored' ? t.stored(order_uid) : t.accepted(order_uid)),
    changes,
  });
  return (
    <>
      <OrderEditor label={label} text={text} onChange={setText} rows={rows} verdict={verdict} />
      {send.error !== null && <ProblemAlert error={send.error} />}
      <div className="row">
        <Button
          disabled={verdict.state === 'blank' || (verdict.state === 'wrong' && !verdict.isJson)}
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
