import type { LiveNote } from '../../../client/schema.generated.ts';
import { Card } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import type { LiveStore } from '../../live/live-store.ts';
import { useLiveState } from '../../live/use-live.ts';
import { overviewTexts } from './texts.ts';

const MOST_SHOWN = 12;

/** What happened, newest first. */
export function Notes({ live }: { readonly live: LiveStore }) {
  const t = useTexts(overviewTexts);
  const notes = useLiveState(live, (state) => state.notes);
  return (
    <Card title={t.notes}>
      {notes.length === 0 ? (
        <p className="muted">{t.noNotes}</p>
      ) : (
        <ol className="notes">
          {notes.slice(0, MOST_SHOWN).map((note) => (
            <li key={`${note.at} ${note.kind} ${note.text}`}>
              <span className="muted">
                <Instant at={note.at} timeOnly />
              </span>{' '}
              <Text note={note} />
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** A note in the reader's language; of a kind that this console does not know, as the server says it. */
function Text({ note }: { readonly note: LiveNote }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const { kind, text, engine = '', rate = 0, count = 0, partitions = [] } = note;
  if (!Object.hasOwn(t.noteTexts, kind)) return text;
  return t.noteTexts[kind]({
    engine: t.engines[engine] ?? engine,
    rate: format.number(rate, 1),
    count,
    partitions: partitions.join(', '),
  });
}
