import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { sendOrder } from '../../api/send-order.ts';
import { Link } from '../../app/link.tsx';
import { Card } from '../../components/facts.tsx';
import { jsonErrorOf } from '../../components/json-error.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from '../orders/address.ts';
import { sampleOrder } from './sample-order.ts';
import { generatorTexts } from './texts.ts';

/** An order of one's own: the server says everything that is wrong with it. */
export function SendOwn() {
  const t = useTexts(generatorTexts);
  const [text, setText] = useState('');
  const broken = text.trim() === '' ? undefined : jsonErrorOf(text);
  const send = useAction(sendOrder, {
    said: ({ status, order_uid }) => (status === 'stored' ? t.stored(order_uid) : t.accepted(order_uid)),
  });
  return (
    <Card title={t.sendOwn}>
      <div className="stack">
        <Textarea
          label={t.ownJson}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={broken === undefined ? undefined : `${t.notJson}: ${broken}`}
          rows={10}
          spellCheck={false}
          classNames={{ input: 'mono' }}
        />
        {send.error !== null && <ProblemAlert error={send.error} />}
        <div className="row">
          <Button
            disabled={text.trim() === '' || broken !== undefined}
            loading={send.isPending}
            onClick={() => send.mutate(text)}
          >
            {t.send}
          </Button>
          <Button variant="default" onClick={() => setText(sampleOrder(Date.now()))}>
            {t.sample}
          </Button>
          {send.data !== undefined && <Link href={addressOf(send.data.order_uid)}>{t.open}</Link>}
        </div>
      </div>
    </Card>
  );
}
