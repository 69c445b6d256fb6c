import { useEffect, useState } from 'react';
import type { LiveHistory, LiveNote, LiveSample } from '../../../client/schema.generated.ts';
import type { ApiError } from '../../api/api-error.ts';
import { followEvents } from '../../api/event-stream.ts';
import { addPoints, type Point } from './points.ts';

/** What goes on, second by second. */
export interface Live {
  readonly latest: LiveSample | undefined;
  /** Oldest first. */
  readonly points: readonly Point[];
  /** Newest first. */
  readonly notes: readonly LiveNote[];
  /** Why nothing comes at present. */
  readonly error: ApiError | undefined;
  /** Nothing has come for some seconds: what is shown is old. */
  readonly stale: boolean;
}

const STALE_MS = 4_000;
const MOST_NOTES = 30;
const NOTHING: Live = { latest: undefined, points: [], notes: [], error: undefined, stale: false };

/** Follows `/api/v1/live` while the page is open. */
export function useLive(): Live {
  const [live, setLive] = useState(NOTHING);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const fresh = () => {
      clearTimeout(timer);
      timer = setTimeout(() => setLive((now) => ({ ...now, stale: true })), STALE_MS);
    };
    fresh();
    const stop = followEvents('/api/v1/live', {
      onState: (error) => setLive((now) => ({ ...now, error })),
      onEvent: (name, data) => {
        fresh();
        setLive((now) => ({ ...after(now, name, data), stale: false }));
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  return live;
}

function after(now: Live, name: string, data: unknown): Live {
  if (name === 'history' && isHistory(data)) {
    const latest = data.samples.at(-1) ?? now.latest;
    return { ...now, latest, points: addPoints(now.points, data.samples), notes: data.notes.toReversed() };
  }
  if (name === 'sample' && isSample(data))
    return { ...now, latest: data, points: addPoints(now.points, [data]) };
  if (name === 'note' && isNote(data)) return { ...now, notes: [data, ...now.notes].slice(0, MOST_NOTES) };
  return now;
}

// The events are made by the server this page comes from, by the schemas its types are made from.
function isHistory(data: unknown): data is LiveHistory {
  return typeof data === 'object' && data !== null && 'samples' in data && 'notes' in data;
}

function isSample(data: unknown): data is LiveSample {
  return typeof data === 'object' && data !== null && 'at' in data && 'lookups' in data;
}

function isNote(data: unknown): data is LiveNote {
  return typeof data === 'object' && data !== null && 'at' in data && 'kind' in data;
}
