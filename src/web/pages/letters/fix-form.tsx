import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { DeadLetter, RedriveAnswer } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.tsx';
import { base64Of } from '../../components/bytes.ts';
import { ConfirmButton } from '../../components/dialog.tsx';
import { useKept } from '../../components/kept.ts';
import { OrderEditor, useOrderCheck } from '../../components/order-editor.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { editableValue } from './letter-value.ts';
import { OneOutcome } from './redrive.tsx';
import { lettersTexts } from './texts.ts';

const ROWS = 18;

/** Edits the value of a letter, and sends the letter back with it. */
export function FixForm({ letter }: { readonly letter: DeadLetter }) {
  const t = useTexts(lettersTexts);
  const [start] = useState(() => editableValue(letter));
  const [kept, keep] = useKept(`fix-${letter.position}`);
  const [text, setText] = useState(kept !== '' ? kept : start.isLossy ? '' : start.text);
  const [again, setAgain] = useState(false);
  const verdict = useOrderCheck(text);
  const { position, redriven_at } = letter;
  const redrive = async (dry_run: boolean): Promise<RedriveAnswer> => {
    const edit = { value_base64: base64Of(new TextEncoder().encode(text)) };
    return dataOf(api.POST('/api/v1/dead-letters/redrive', { body: { positions: [position], edit, again, dry_run } }));
  };
  const preview = useAction(() => redrive(true), {});
  const send = useAction(
    async () => {
      const answer = await redrive(false);
      const sent = answer.outcomes[0]?.sent_to;
      if (sent !== undefined) {
        keep('');
        setQuery({ fix: undefined, sent });
      }
      return answer;
    },
    { changes: ['letters'] },
  );
  const isBusy = preview.isPending || send.isPending;
  const said = send.data ?? preview.data;
  const error = send.error ?? preview.error;
  const change = (next: string) => {
    setText(next);
    keep(next);
    preview.reset();
    send.reset();
  };
  return (
    <div className="stack">
      <p className="muted">{t.fixHint}</p>
      {start.isLossy && (
        <>
          <p>{t.notUtf8}</p>
          <Button className="fit" size="xs" variant="default" onClick={() => change(start.text)}>
            {t.readable}
          </Button>
        </>
      )}
      <OrderEditor label={t.fixed} text={text} onChange={change} rows={ROWS} verdict={verdict} />
      {redriven_at !== null && (
        <Checkbox
          label={t.again}
          checked={again}
          onChange={(event) => {
            setAgain(event.currentTarget.checked);
            preview.reset();
            send.reset();
          }}
        />
      )}
      {error !== null && <ProblemAlert error={error} />}
      {said !== undefined && <OneOutcome answer={said} />}
      <div className="row">
        <Button variant="default" disabled={isBusy} onClick={() => preview.mutate()}>
          {t.preview}
        </Button>
        {verdict.state === 'accepted' ? (
          <Button loading={isBusy} onClick={() => send.mutate()}>
            {t.fix}
          </Button>
        ) : (
          <ConfirmButton
            question={t.stillBad}
            explanation={t.stillBadHint}
            disabled={isBusy || verdict.state === 'checking'}
            onConfirm={() => send.mutate()}
          >
            {t.fix}
          </ConfirmButton>
        )}
        <Button
          variant="subtle"
          onClick={() => {
            keep('');
            setQuery({ fix: undefined });
          }}
        >
          {t.leave}
        </Button>
      </div>
    </div>
  );
}
