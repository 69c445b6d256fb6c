import { Button, Input } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, type Ref, useId, useImperativeHandle, useMemo, useRef } from 'react';
import type { OrderCheck } from '../../client/schema.generated.ts';
import { ApiError, request } from '../api/client.ts';
import { refetchEvery } from '../api/queries.ts';
import { useTexts } from '../i18n/language.ts';
import { useWording } from '../i18n/use-wording.ts';
import { isJson, lineAndColumn, placeFinder, syntaxErrorIn, type TextSpan } from './json-places.ts';
import { useProblem } from './problem-alert.tsx';
import { editorTexts } from './texts.ts';

interface OrderEditorProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly rows: number;
  /** What `useOrderCheck` says of the text. */
  readonly verdict: OrderVerdict;
}

const NO_MARKS = [] as const;

/** A field for an order as JSON with its errors: each place is marked, and a click goes there. */
export function OrderEditor({ label, text, onChange, rows, verdict }: OrderEditorProps) {
  const t = useTexts(editorTexts);
  const words = useWording();
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
        {verdict.state === 'refused' && <Refused error={verdict.error} />}
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
                  {verdict.isJson && <code>{pointer === '' ? '/' : pointer}</code>}{' '}
                  {verdict.isJson ? words.message(message) : (t.syntax[message] ?? t.syntax['Other'])}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}

/** Why the text was not even checked, in words. */
function Refused({ error }: { readonly error: unknown }) {
  const { title, advice } = useProblem(error);
  return (
    <p className="bad">
      {title}. {advice}
    </p>
  );
}

/** What others can do with an editor. */
interface EditorHandle {
  /** Selects a part of the text, brings it into view, and gives the editor the focus. */
  readonly show: (span: TextSpan) => void;
}

interface JsonEditorProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly rows: number;
  /** The parts marked as wrong. */
  readonly marks: readonly TextSpan[];
  readonly ref?: Ref<EditorHandle>;
}

/** With more characters than this, marks cost more than they are worth. */
const PLAIN_PAST = 200_000;
const LINES_BEFORE = 3;

/** A field for JSON in which parts can be marked: the marks lie behind a text area with a transparent background. */
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
          {/* An empty last line has its height, too. */}
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

function marked(text: string, marks: readonly TextSpan[]): ReactNode[] {
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

/** An error in the text, and where it is. */
interface Issue {
  readonly pointer: string;
  /** The API's; of a text that is not JSON, a name of `ParseErrorCode`. */
  readonly message: string;
  readonly span: TextSpan;
  readonly line: number;
  readonly column: number;
}

/** What is known about a text that should be an order. */
type OrderVerdict =
  | { readonly state: 'blank' | 'checking' | 'unknown' }
  /** It can't be checked, nor sent: it is too long, for instance. */
  | { readonly state: 'refused'; readonly error: unknown }
  | { readonly state: 'accepted'; readonly uid: string }
  | { readonly state: 'wrong'; readonly isJson: boolean; readonly issues: readonly Issue[] };

const TYPING_MS = 300;

/**
 * Checks the text while it is typed: at once whether it is JSON, and a moment later, by the server, whether it is a
 * valid order.
 */
export function useOrderCheck(text: string): OrderVerdict {
  const isBlank = text.trim() === '';
  const broken = useMemo(() => (isBlank ? undefined : brokenAt(text)), [text, isBlank]);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const isSettled = settled === text;
  const { data, error } = useQuery({
    queryKey: ['order-check', settled],
    queryFn: ({ signal }) => checkOrder(settled, signal),
    enabled: isSettled && !isBlank && broken === undefined,
    refetchInterval: refetchEvery(),
    staleTime: 60_000,
    gcTime: 10_000,
  });
  return useMemo(() => {
    if (isBlank) return { state: 'blank' };
    if (broken !== undefined) return { state: 'wrong', isJson: false, issues: [broken] };
    if (!isSettled) return { state: 'checking' };
    if (data === undefined && error instanceof ApiError && !error.passing) return { state: 'refused', error };
    if (data === undefined) return { state: error === null ? 'checking' : 'unknown' };
    if (data.accepted) return { state: 'accepted', uid: data.order_uid ?? '' };
    const find = placeFinder(text);
    const issues = (data.violations ?? []).map(({ pointer, message }): Issue => {
      const span = find(pointer);
      return { pointer, message, span, ...lineAndColumn(text, span.from) };
    });
    return { state: 'wrong', isJson: true, issues };
  }, [text, isBlank, broken, isSettled, data, error]);
}

function brokenAt(text: string): Issue | undefined {
  if (isJson(text)) return undefined;
  const { fault, ...span } = syntaxErrorIn(text) ?? { fault: '', from: 0, to: Math.min(1, text.length) };
  return { pointer: '', message: fault, span, ...lineAndColumn(text, span.from) };
}

/**
 * Whether the consumer would accept this text as an order; it is not sent. @throws ApiError, and the signal's reason
 * when it was aborted
 */
async function checkOrder(text: string, signal: AbortSignal): Promise<OrderCheck> {
  const headers = { 'content-type': 'application/json' };
  const response = await request('/api/v1/orders/check', { method: 'POST', headers, body: text, signal });
  return await response.json();
}
