import Type, { type Static } from 'typebox';
import { ENGINE_ACTIONS } from '../../../contract/engine.ts';
import { InstantSchema, natural, strict } from '../schemas.ts';
import { PER_SECOND } from './figure.ts';
import type { LiveSampleJson } from './sample.ts';

/** Something that happened: seen between two samples, or asked for over the API. */
export const LiveNoteSchema = Type.Object(
  {
    at: InstantSchema,
    kind: Type.Enum([
      'engine_down',
      'engine_up',
      'generator_started',
      'generator_stopped',
      'dead_letters',
      'partitions_assigned',
      'storing_waits',
      'storing_goes_on',
      'client_replaced',
      'messages_lost',
      'stale_answers',
      'engine_action',
      'rate_changed',
      'redriven',
    ]),
    text: Type.String({ description: 'The same in English' }),
    engine: Type.Optional(Type.String({ description: 'Of engine_…' })),
    action: Type.Optional(Type.Enum([...ENGINE_ACTIONS], { description: 'Of engine_action: what it was told to do' })),
    rate: Type.Optional({ ...PER_SECOND, description: 'Of generator_started and rate_changed: orders per second' }),
    count: Type.Optional(
      natural(
        'Of generator_stopped: orders sent; of redriven: messages sent back; of dead_letters, messages_lost, stale_answers and client_replaced: how many',
      ),
    ),
    partitions: Type.Optional(Type.Array(natural(), { description: 'Of partitions_assigned' })),
  },
  { ...strict, $id: 'LiveNote' },
);

export type LiveNoteJson = Static<typeof LiveNoteSchema>;

/** The figures of a note, for clients that write it in another language. */
export type NoteFields = Omit<LiveNoteJson, 'at' | 'kind' | 'text'>;

/** The kinds of which several in a row are one with their sum, in words. */
const COUNTED: Partial<Record<LiveNoteJson['kind'], (count: number) => string>> = {
  dead_letters: (count) => `${count} ${count === 1 ? 'dead letter' : 'dead letters'} arrived`,
  stale_answers: (count) => `readers were given ${count} answers older than what they had read before`,
  client_replaced: (count) => `the Kafka client was replaced${count === 1 ? '' : ` ${count} times`}`,
  messages_lost: (count) => `${count} messages were lost from the log before they could be read`,
};

/** Adds a note to those that are kept, at most so many: what repeats would otherwise displace everything else. */
export function keepNote(notes: LiveNoteJson[], note: LiveNoteJson, most: number): void {
  const last = notes.at(-1);
  const inWords = COUNTED[note.kind];
  if (last?.kind === note.kind && inWords !== undefined) {
    const count = (last.count ?? 0) + (note.count ?? 0);
    notes[notes.length - 1] = { ...note, count, text: inWords(count) };
    return;
  }
  notes.push(note);
  if (notes.length > most) notes.shift();
}

/** The events between two samples, in words and in figures. */
export function notesBetween(before: LiveSampleJson, now: LiveSampleJson): LiveNoteJson[] {
  const notes: LiveNoteJson[] = [];
  const note = (kind: LiveNoteJson['kind'], text: string, fields: NoteFields = {}): void =>
    void notes.push({ at: now.at, kind, text, ...fields });
  const counted = (kind: LiveNoteJson['kind'], count: number): void => {
    if (count > 0) note(kind, COUNTED[kind]?.(count) ?? kind, { count });
  };

  const were = new Map(before.engines.map(({ name, status }) => [name, status]));
  for (const { name, status } of now.engines) {
    if (status === were.get(name)) continue;
    if (status === 'down') note('engine_down', `${name} does not answer`, { engine: name });
    else if (were.has(name)) note('engine_up', `${name} answers again`, { engine: name });
  }

  const [was, is] = [before.generator, now.generator];
  if (is !== null && is.state !== (was?.state ?? 'stopped')) {
    const { current_rate: rate, orders: count } = is;
    if (is.state === 'running') note('generator_started', `the generator has started: ${rate} orders/s`, { rate });
    if (is.state === 'stopped') note('generator_stopped', `the generator has stopped: ${count} orders sent`, { count });
  }

  const letters = (now.topic?.dead_letters ?? 0) - (before.topic?.dead_letters ?? now.topic?.dead_letters ?? 0);
  counted('dead_letters', letters);
  counted('stale_answers', now.reader.stale - before.reader.stale);

  const [then, consumer] = [before.consumer, now.consumer];
  if (then !== null && consumer !== null) {
    if (then.partitions.join() !== consumer.partitions.join()) {
      const { partitions } = consumer;
      const text = partitions.length === 0 ? 'no partitions' : `partitions ${partitions.join(', ')}`;
      note('partitions_assigned', `this consumer has ${text}`, { partitions });
    }
    if (!then.waiting && consumer.waiting) note('storing_waits', 'storing is waiting for an engine that is down');
    if (then.waiting && !consumer.waiting) note('storing_goes_on', 'storing has resumed');
    counted('client_replaced', consumer.rebuilds - then.rebuilds);
    counted('messages_lost', consumer.lost - then.lost);
  }
  return notes;
}
