import type { LiveNoteJson, LiveSampleJson } from '../live-schemas.ts';

/** What happened between two samples, in words. */
export function notesBetween(before: LiveSampleJson, now: LiveSampleJson): LiveNoteJson[] {
  const notes: LiveNoteJson[] = [];
  const note = (kind: LiveNoteJson['kind'], text: string): void =>
    void notes.push({ at: now.at, kind, text });

  const were = new Map(before.engines.map(({ name, status }) => [name, status]));
  for (const { name, status } of now.engines) {
    if (status === were.get(name)) continue;
    if (status === 'down') note('engine_down', `${name} does not answer`);
    else if (were.has(name)) note('engine_up', `${name} answers again`);
  }

  const [was, is] = [before.generator, now.generator];
  if (is !== null && is.state !== (was?.state ?? 'stopped')) {
    if (is.state === 'running') note('generator_started', `the generator sends ${is.current_rate} orders/s`);
    if (is.state === 'stopped')
      note('generator_stopped', `the generator has stopped, ${is.sent} orders sent`);
  }

  const letters =
    (now.topic?.dead_letters ?? 0) - (before.topic?.dead_letters ?? now.topic?.dead_letters ?? 0);
  if (letters > 0)
    note('dead_letters', `${letters} ${letters === 1 ? 'dead letter' : 'dead letters'} arrived`);

  const [then, consumer] = [before.consumer, now.consumer];
  if (then !== null && consumer !== null) {
    if (then.partitions.join() !== consumer.partitions.join()) {
      const text =
        consumer.partitions.length === 0 ? 'no partitions' : `partitions ${consumer.partitions.join(', ')}`;
      note('partitions_assigned', `this consumer has ${text}`);
    }
    if (!then.waiting && consumer.waiting) note('storing_waits', 'storing waits for an engine that is down');
    if (then.waiting && !consumer.waiting) note('storing_goes_on', 'storing goes on');
    if (consumer.rebuilds > then.rebuilds) note('client_replaced', 'the Kafka client was replaced');
    if (consumer.lost > then.lost)
      note('messages_lost', `${consumer.lost - then.lost} messages were gone before they could be read`);
  }
  return notes;
}
