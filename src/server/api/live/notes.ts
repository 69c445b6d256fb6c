import Type, { type Static } from 'typebox';
import { InstantSchema, natural, strict } from '../schemas.ts';
import { PER_SECOND } from './figure.ts';
import type { LiveSampleJson } from './sample.ts';

/** An event between two samples. */
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
    ]),
    text: Type.String({ description: 'The same in English' }),
    engine: Type.Optional(Type.String({ description: 'Of engine_…' })),
    rate: Type.Optional({ ...PER_SECOND, description: 'Of generator_started: orders per second' }),
    count: Type.Optional(natural('Of generator_stopped: orders sent; of dead_letters and messages_lost: how many')),
    partitions: Type.Optional(Type.Array(natural(), { description: 'Of partitions_assigned' })),
  },
  { ...strict, $id: 'LiveNote' },
);

export type LiveNoteJson = Static<typeof LiveNoteSchema>;

/** The figures of a note, for clients that write it in another language. */
type NoteFields = Omit<LiveNoteJson, 'at' | 'kind' | 'text'>;

/** The events between two samples, in words and in figures. */
export function notesBetween(before: LiveSampleJson, now: LiveSampleJson): LiveNoteJson[] {
  const notes: LiveNoteJson[] = [];
  const note = (kind: LiveNoteJson['kind'], text: string, fields: NoteFields = {}): void =>
    void notes.push({ at: now.at, kind, text, ...fields });

  const were = new Map(before.engines.map(({ name, status }) => [name, status]));
  for (const { name, status } of now.engines) {
    if (status === were.get(name)) continue;
    if (status === 'down') note('engine_down', `${name} does not answer`, { engine: name });
    else if (were.has(name)) note('engine_up', `${name} answers again`, { engine: name });
  }

  const [was, is] = [before.generator, now.generator];
  if (is !== null && is.state !== (was?.state ?? 'stopped')) {
    const { current_rate: rate, sent: count } = is;
    if (is.state === 'running') note('generator_started', `the generator has started: ${rate} orders/s`, { rate });
    if (is.state === 'stopped') note('generator_stopped', `the generator has stopped: ${count} orders sent`, { count });
  }

  const letters = (now.topic?.dead_letters ?? 0) - (before.topic?.dead_letters ?? now.topic?.dead_letters ?? 0);
  if (letters > 0)
    note('dead_letters', `${letters} ${letters === 1 ? 'dead letter' : 'dead letters'} arrived`, { count: letters });

  const [then, consumer] = [before.consumer, now.consumer];
  if (then !== null && consumer !== null) {
    if (then.partitions.join() !== consumer.partitions.join()) {
      const { partitions } = consumer;
      const text = partitions.length === 0 ? 'no partitions' : `partitions ${partitions.join(', ')}`;
      note('partitions_assigned', `this consumer has ${text}`, { partitions });
    }
    if (!then.waiting && consumer.waiting) note('storing_waits', 'storing is waiting for an engine that is down');
    if (then.waiting && !consumer.waiting) note('storing_goes_on', 'storing has resumed');
    if (consumer.rebuilds > then.rebuilds) note('client_replaced', 'the Kafka client was replaced');
    const count = consumer.lost - then.lost;
    if (count > 0)
      note('messages_lost', `${count} messages were lost from the log before they could be read`, { count });
  }
  return notes;
}
