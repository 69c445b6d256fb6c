import type { Order } from '../../order/order.ts';
import { CopyButton } from './copy-button.tsx';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Past this many characters the colours cost more than they give. */
const PLAIN_PAST = 200_000;

/** The order as JSON, to read and to copy. */
export function JsonView({ order }: { order: Order }) {
  const text = JSON.stringify(order, undefined, 2);
  return (
    <section class="card json" aria-label="The order as JSON">
      <div class="json__copy">
        <CopyButton text={text} label="Copy JSON" wide />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <code>{text.length > PLAIN_PAST ? text : coloured(text)}</code>
      </pre>
    </section>
  );
}

function coloured(text: string) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, quoted, colon] = match;
    parts.push(text.slice(at, match.index));
    const kind = quoted === undefined ? 'number' : colon === undefined ? 'string' : 'key';
    parts.push(
      <span key={match.index} class={`json__${kind}`}>
        {quoted ?? whole}
      </span>,
    );
    if (colon !== undefined) parts.push(colon);
    at = match.index + whole.length;
  }
  parts.push(text.slice(at));
  return parts;
}
