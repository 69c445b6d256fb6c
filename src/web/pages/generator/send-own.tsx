import { Button } from '@mantine/core';
import { useState } from 'react';
import { sendOrder } from '../../api/send-order.ts';
import { Link } from '../../app/link.tsx';
import { Card } from '../../components/facts.tsx';
import { OrderEditor } from '../../components/order-editor.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useOrderCheck } from '../../components/use-order-check.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from '../orders/address.ts';
import { sampleOrder } from './sample-order.ts';
import { generatorTexts } from './texts.ts';

const ROWS = 10;

/** An order of one's own, as JSON: everything that is wrong with it is said while it is typed. */
export function SendOwn() {
  const t = useTexts(generatorTexts);
  const [text, setText] = useState('');
  const verdict = useOrderCheck(text);
  const send = useAction(sendOrder, {
    said: ({ status, order_uid }) =>
      status === 'stored' ? t.ownStored(order_uid) : t.ownAccepted(order_uid),
  });
  return (
    <Card title={t.sendOwn}>
      <div className="stack">
        <OrderEditor label={t.ownJson} text={text} onChange={setText} rows={ROWS} verdict={verdict} />
        {send.error !== null && <ProblemAlert error={send.error} />}
        <div className="row">
          <Button
            disabled={verdict.state === 'blank' || (verdict.state === 'wrong' && !verdict.isJson)}
            loading={send.isPending}
            onClick={() => send.mutate(text)}
          >
            {t.send}
          </Button>
          <Button variant="default" onClick={() => setText(sampleOrder(Date.now()))}>
            {t.sample}
          </Button>
          {send.data !== undefined && <Link href={addressOf(send.data.order_uid)}>{t.openOrder}</Link>}
        </div>
      </div>
    </Card>
  );
}
