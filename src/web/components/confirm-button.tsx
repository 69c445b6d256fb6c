import { Button, type ButtonProps } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTexts } from '../i18n/dictionary.ts';
import { Dialog } from './dialog.tsx';
import { commonTexts } from './texts.ts';

interface ConfirmButtonProps extends ButtonProps {
  readonly children: ReactNode;
  /** What is asked before. */
  readonly question: string;
  readonly explanation: ReactNode;
  readonly onConfirm: () => void;
}

/** A button for what can't be taken back: it asks first. */
export function ConfirmButton({ children, question, explanation, onConfirm, ...rest }: ConfirmButtonProps) {
  const t = useTexts(commonTexts);
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button color="red" variant="outline" {...rest} onClick={() => setOpen(true)}>
        {children}
      </Button>
      <Dialog open={open} title={question} onClose={close}>
        <div className="stack">
          <p>{explanation}</p>
          <div className="row-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t.cancel}
            </Button>
            <Button
              color="red"
              onClick={() => {
                close();
                onConfirm();
              }}
            >
              {children}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
