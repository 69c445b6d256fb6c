import { Button, type ButtonProps, type MantineColor } from '@mantine/core';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** A menu at the edge of the window, which a click beside it closes, too. */
  readonly isMenu?: boolean;
}

/** The browser's own modal dialog: it keeps the focus inside, and Escape closes it. */
export function Dialog({ open, title, onClose, children, isMenu = false }: DialogProps) {
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
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what a click beside it does.
    <dialog
      ref={element}
      className={isMenu ? 'dialog dialog--menu' : 'dialog'}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => {
        if (isMenu && event.target === element.current) onClose();
      }}
    >
      {open && (
        <>
          <h2 id={titleId}>{title}</h2>
          {children}
        </>
      )}
    </dialog>
  );
}

interface QuestionProps {
  readonly open: boolean;
  readonly question: string;
  readonly explanation: ReactNode;
  /** What the button says that does it, and its colour: red is for what destroys. */
  readonly confirm: ReactNode;
  readonly color?: MantineColor | undefined;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

/** Asks before something is done. */
export function Question({ open, question, explanation, confirm, color = 'red', onClose, onConfirm }: QuestionProps) {
  const t = useTexts(commonTexts);
  return (
    <Dialog open={open} title={question} onClose={onClose}>
      <div className="stack">
        <div className="stack">{explanation}</div>
        <div className="row-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.cancel}
          </Button>
          <Button
            color={color}
            onClick={() => {
              onClose();
              onConfirm();
            }}
          >
            {confirm}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

interface ConfirmButtonProps extends ButtonProps {
  readonly children: ReactNode;
  /** The question in the dialog. */
  readonly question: string;
  readonly explanation: ReactNode;
  readonly onConfirm: () => void;
}

/** A button for an action that is not done lightly: it asks first. Red is for what destroys. */
export function ConfirmButton({
  children,
  question,
  explanation,
  onConfirm,
  color = 'red',
  ...rest
}: ConfirmButtonProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button color={color} variant="outline" {...rest} onClick={() => setOpen(true)}>
        {children}
      </Button>
      <Question
        open={open}
        question={question}
        explanation={explanation}
        confirm={children}
        color={color}
        onClose={() => setOpen(false)}
        onConfirm={onConfirm}
      />
    </>
  );
}
