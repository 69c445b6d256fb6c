import { Button } from '@mantine/core';
import { useRef } from 'react';
import { useTexts } from '../i18n/dictionary.ts';
import { type EditorHandle, JsonEditor } from './json-editor.tsx';
import { editorTexts } from './texts.ts';
import type { OrderVerdict } from './use-order-check.ts';

interface OrderEditorProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly rows: number;
  /** Of this text, by `useOrderCheck`. */
  readonly verdict: OrderVerdict;
}

const NO_MARKS = [] as const;

/** A field for an order as JSON, with all that is wrong with it: each place is marked, and a click leads there. */
export function OrderEditor({ label, text, onChange, rows, verdict }: OrderEditorProps) {
  const t = useTexts(editorTexts);
  const editor = useRef<EditorHandle>(null);
  const issues = verdict.state === 'wrong' ? verdict.issues : NO_MARKS;
  return (
    <div className="stack">
      <JsonEditor
        ref={editor}
        label={label}
        text={text}
        onChange={onChange}
        rows={rows}
        marks={issues.map(({ span }) => span)}
      />
      <div role="status">
        {verdict.state === 'checking' && <p className="muted">{t.checking}</p>}
        {verdict.state === 'unknown' && <p className="muted">{t.unknown}</p>}
        {verdict.state === 'accepted' && <p className="good">{t.accepted(verdict.uid)}</p>}
        {verdict.state === 'wrong' && (
          <>
            <p className="bad">{verdict.isJson ? t.wrong(issues.length) : t.notJson}</p>
            <ul className="issues">
              {issues.map(({ pointer, message, span, line, column }) => (
                <li key={`${pointer} ${message}`}>
                  <Button size="compact-xs" variant="default" onClick={() => editor.current?.show(span)}>
                    {t.place(line, column)}
                  </Button>{' '}
                  {verdict.isJson && <code>{pointer === '' ? '/' : pointer}</code>} {message}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}
