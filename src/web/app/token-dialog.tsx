import { Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { askForToken, setToken, useToken } from '../api/token.ts';
import { Dialog } from '../components/dialog.tsx';
import { useTexts } from '../i18n/dictionary.ts';
import { shellTexts } from './texts.ts';

/** Asks for the token when the server has refused a request without it, and then asks the server again. */
export function TokenDialog() {
  const t = useTexts(shellTexts);
  const { asked } = useToken();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const close = () => askForToken(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setToken(text.trim());
    setText('');
    void queries.invalidateQueries();
  };
  return (
    <Dialog open={asked} title={t.tokenTitle} onClose={close}>
      <form onSubmit={submit} className="stack">
        <p>{t.tokenHint}</p>
        <PasswordInput
          label={t.token}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <div className="row-end">
          <Button variant="default" onClick={close}>
            {t.cancel}
          </Button>
          <Button type="submit">{t.tokenSave}</Button>
        </div>
      </form>
    </Dialog>
  );
}
