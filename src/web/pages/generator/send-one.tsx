import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { SendOne as SendOneRequest } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { Link } from '../../app/link.tsx';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { addressOf } from '../orders/address.ts';
import { generatorTexts } from './texts.ts';

type Fault = NonNullable<SendOneRequest['fault']>;

const FAULTS: readonly Fault[] = [
  'malformed',
  'invalid_utf8',
  'unknown_field',
  'type_mismatch',
  'integer_range',
  'sums_mismatch',
  'invalid_date',
  'future_date',
  'nul',
  'surrogate',
  'oversize',
  'tombstone',
];

/** Sends the next order, good or with one fault. */
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
            <code>
              {send.data.topic} {send.data.partition}:{send.data.offset}
            </code>{' '}
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
