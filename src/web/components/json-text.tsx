import type { ReactNode } from 'react';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** With more characters than this, colours cost more than they are worth. */
const PLAIN_PAST = 200_000;

/** JSON in colours; any other text as it is. `label` names the region, which scrolls. */
export function JsonText({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <section className="json" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <code>{text.length > PLAIN_PAST ? text : coloured(text)}</code>
      </pre>
    </section>
  );
}

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, quoted, colon] = match;
    parts.push(text.slice(at, match.index));
    const kind = quoted === undefined ? 'number' : colon === undefined ? 'string' : 'key';
    parts.push(
      <span key={match.index} className={`json__${kind}`}>
        {quoted ?? whole}
      </span>,
    );
    if (colon !== undefined) parts.push(colon);
    at = match.index + whole.length;
  }
  parts.push(text.slice(at));
  return parts;
}
