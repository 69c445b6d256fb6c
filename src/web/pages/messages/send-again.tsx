import { Button } from '@mantine/core';
import type { Message } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.tsx';
import { ConfirmButton } from '../../components/dialog.tsx';
import { useKept } from '../../components/kept.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { Effect, Sent } from './produce.tsx';
import { DRAFT, draftOf, MOST_EDITED_BYTES } from './produce-draft.ts';
import { produceTexts } from './produce-texts.ts';

interface SendAgainProps {
  readonly topic: string;
  /** Whole. */
  readonly message: Message;
}

/** Writes a message once more as it is, or takes it into the form to be changed before. */
export function SendAgain({ topic, message }: SendAgainProps) {
  const t = useTexts(produceTexts);
  const [, keep] = useKept(DRAFT);
  const { partition, offset, value_bytes: bytes, meaning } = message;
  const position = `${partition}:${offset}`;
  const again = useAction(
    () =>
      dataOf(
        api.POST('/api/v1/topics/{topic}/messages/{position}/send-again', { params: { path: { topic, position } } }),
      ),
    { changes: ['messages', 'topics'] },
  );
  const isTooLong = (bytes ?? 0) > MOST_EDITED_BYTES;
  return (
    <div className="stack">
      <div className="row">
        <ConfirmButton
          size="xs"
          color="blue"
          loading={again.isPending}
          question={t.againTitle(position)}
          explanation={
            <>
              {t.againHint(topic, partition)} <Effect topic={topic} meaning={meaning} />
            </>
          }
          onConfirm={() => again.mutate()}
        >
          {t.again}
        </ConfirmButton>
        <Button
          size="xs"
          variant="default"
          disabled={isTooLong}
          title={isTooLong ? t.tooLongToEdit : undefined}
          onClick={() => {
            keep(JSON.stringify(draftOf(message)));
            setQuery({ produce: 'on', message: undefined }, {});
          }}
        >
          {t.change}
        </Button>
      </div>
      {again.error !== null && <ProblemAlert error={again.error} />}
      {again.data !== undefined && <Sent message={again.data} />}
    </div>
  );
}
