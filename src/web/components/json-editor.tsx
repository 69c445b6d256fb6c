import { Input } from '@mantine/core';
import { type ReactNode, type Ref, useId, useImperativeHandle, useRef } from 'react';
import type { Span } from './json-places.ts';

/** What can be done with an editor from outside. */
export interface EditorHandle {
  /** Selects a part of the text, brings it into view, and gives the editor the focus. */
  readonly show: (span: Span) => void;
}

interface JsonEditorProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly rows: number;
  /** What is marked as wrong. */
  readonly marks: readonly Span[];
  readonly ref?: Ref<EditorHandle>;
}

/** Past this many characters, marks cost more than they give. */
const PLAIN_PAST = 200_000;
const LINES_BEFORE = 3;

/** A field for JSON, in which parts can be marked: the marks lie behind a text area whose ground can be seen through. */
export function JsonEditor({ label, text, onChange, rows, marks, ref }: JsonEditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const behind = useRef<HTMLPreElement>(null);
  const follow = () => {
    if (area.current !== null && behind.current !== null) behind.current.scrollTop = area.current.scrollTop;
  };
  useImperativeHandle(ref, () => ({
    show: ({ from, to }) => {
      const field = area.current;
      if (field === null) return;
      field.focus();
      field.setSelectionRange(from, to);
      const mark = behind.current?.querySelector<HTMLElement>(`[data-from="${from}"]`);
      const line = Number.parseFloat(getComputedStyle(field).lineHeight) || 0;
      if (mark) field.scrollTop = Math.max(0, mark.offsetTop - LINES_BEFORE * line);
      follow();
    },
  }));
  return (
    <Input.Wrapper label={label} id={id}>
      <div className="editor">
        <pre ref={behind} className="editor__behind" aria-hidden="true">
          {text.length > PLAIN_PAST ? text : marked(text, marks)}
          {/* A last line that is empty has its height, too. */}
          {'\n'}
        </pre>
        <textarea
          ref={area}
          id={id}
          className="editor__text"
          rows={rows}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={follow}
          aria-invalid={marks.length > 0}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
        />
      </div>
    </Input.Wrapper>
  );
}

function marked(text: string, marks: readonly Span[]): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { from, to } of [...marks].sort((a, b) => a.from - b.from)) {
    if (from < at) continue;
    parts.push(text.slice(at, from));
    parts.push(
      <mark key={from} data-from={from}>
        {text.slice(from, to)}
      </mark>,
    );
    at = to;
  }
  parts.push(text.slice(at));
  return parts;
}
