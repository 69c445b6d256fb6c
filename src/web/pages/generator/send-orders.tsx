import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { Accepted, SendOne as SendOneRequest } from '../../../client/schema.generated.ts';
import { exampleOrder } from '../../../order/example.ts';
import { api, dataOf, request } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { Link } from '../../app/navigation.tsx';
import { useKept } from '../../components/kept.ts';
import { namesOf } from '../../components/names.ts';
import { OrderEditor, useOrderCheck } from '../../components/order-editor.tsx';
import { Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { addressOf } from '../addresses.ts';
import { MessageLink } from '../links.tsx';
import { generatorTexts } from './texts.ts';

type Fault = NonNullable<SendOneRequest['fault']>;

/** The compiler reports a fault that is missing here. */
const FAULTS = namesOf<Fault>({
  malformed: true,
  invalid_utf8: true,
  unknown_field: true,
  type_mismatch: true,
  integer_range: true,
  sums_mismatch: true,
  invalid_date: true,
  future_date: true,
  nul: true,
  surrogate: true,
  oversize: true,
  tombstone: true,
});

/** Sends the next order, valid or with one fault. */
export function SendOne() {
  const t = useTexts(generatorTexts);
  const [fault, setFault] = useState<Fault | undefined>(undefined);
  const send = useAction(
    () => dataOf(api.POST('/api/v1/generator/send-one', { body: fault === undefined ? {} : { fault } })),
    { said: ({ order_uid }) => t.sentOne(order_uid), changes: ['generator', 'generator-preview'] },
  );
  return (
    <Card title={t.sendOne}>
      <div className="stack">
        <NativeSelect
          label={t.fault}
          value={fault ?? ''}
          onChange={({ currentTarget: { value } }) => setFault(FAULTS.find((name) => name === value))}
          data={[{ value: '', label: t.noFault }, ...FAULTS]}
        />
        <Button className="fit" loading={send.isPending} onClick={() => send.mutate()}>
          {t.sendOne}
        </Button>
        {send.error !== null && <ProblemAlert error={send.error} />}
        {send.data !== undefined && (
          <p role="status">
            <MessageLink {...send.data} />
            {' · '}
            {send.data.fault === null ? (
              <Link href={addressOf(send.data.order_uid)}>{t.openOrder}</Link>
            ) : (
              send.data.fault
            )}
          </p>
        )}
      </div>
    </Card>
  );
}

const ROWS = 10;

/** Sends an order typed as JSON; its errors are shown while it is typed. */
export function SendOwn() {
  const t = useTexts(generatorTexts);
  const [text, setText] = useKept('own-order');
  const verdict = useOrderCheck(text);
  const send = useAction(sendOrder, {
    said: ({ status, order_uid }) => (status === 'stored' ? t.ownStored(order_uid) : t.ownAccepted(order_uid)),
  });
  // What was said of another text counts no more.
  const change = (next: string) => {
    setText(next);
    send.reset();
  };
  return (
    <Card title={t.sendOwn}>
      <div className="stack">
        <OrderEditor label={t.ownJson} text={text} onChange={change} rows={ROWS} verdict={verdict} />
        {send.error !== null && <ProblemAlert error={send.error} />}
        <div className="row">
          <Button
            disabled={['blank', 'wrong', 'refused'].includes(verdict.state)}
            loading={send.isPending}
            onClick={() => send.mutate(text)}
          >
            {t.send}
          </Button>
          <Button variant="default" onClick={() => change(example())}>
            {t.sample}
          </Button>
          {send.data !== undefined && <Link href={addressOf(send.data.order_uid)}>{t.openOrder}</Link>}
        </div>
      </div>
    </Card>
  );
}

/** Sends an order as it is written, and waits a few seconds until it can be read. @throws ApiError */
async function sendOrder(text: string): Promise<Accepted> {
  const headers = { 'content-type': 'application/json', prefer: 'wait=5' };
  return await (await request('/api/v1/orders', { method: 'POST', headers, body: text })).json();
}

function example(): string {
  const now = new Date();
  return JSON.stringify(exampleOrder(`own-${now.getTime().toString(36)}`, now), undefined, 2);
}
