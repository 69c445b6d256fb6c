import { Button, type ButtonProps } from '@mantine/core';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside, and Escape closes it. */
export function Dialog({ open, title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open === open) return;
    if (!open) dialog.close();
    else {
      dialog.showModal();
      dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    }
  }, [open]);
  return (
    <dialog ref={element} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      {open && (
        <>
          <h2 id={titleId}>{title}</h2>
          {children}
        </>
      )}
    </dialog>
  );
}

interface ConfirmButtonProps extends ButtonProps {
  readonly children: ReactNode;
  /** The question in the dialog. */
  readonly question: string;
  readonly explanation: ReactNode;
  readonly onConfirm: () => void;
}

/** A button for an action that can't be undone: it asks first. */
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
