import type { Invalidation, InvalidationSource } from '../../../storage/invalidation-feed.ts';
import { Budget } from '../../http/budget.ts';
import type { EventStreams } from '../../http/event-streams.ts';
import { ProblemError } from '../../http/problem.ts';
import type { InvalidationJson } from './schemas.ts';

/** Invalidations a second that are worth a look of someone's. */
const MAX_PER_SECOND = 200;
const COUNT_EVERY_MS = 500;

/**
 * The body of an event stream with the last invalidations and those that follow; of `uid` only, and those of all orders, when it is
 * given. Of a flood some are sent and the others counted.
 * @throws ProblemError when there are too many streams
 */
export function sendInvalidations(
  source: InvalidationSource,
  streams: EventStreams,
  uid: string | undefined,
): ReadableStream<Uint8Array> {
  const budget = new Budget(MAX_PER_SECOND);
  let timer: ReturnType<typeof setInterval> | undefined;
  let stop = (): void => {};
  const stream = streams.open({
    overflow: 'leave_out',
    onEnd: () => {
      clearInterval(timer);
      stop();
    },
  });
  if (stream === undefined) throw new ProblemError('too-many-at-once');
  const send = (one: Invalidation): void => {
    stream.send({ event: 'invalidation', id: String(one.number), data: invalidationJson(one) });
  };
  for (const one of source.recent()) if (concerns(one, uid)) send(one);
  stop = source.listen((one) => {
    if (concerns(one, uid) && budget.take()) send(one);
  });
  timer = setInterval(() => {
    const count = stream.takeLeftOut() + budget.takeRefused();
    if (count > 0) stream.send({ event: 'left_out', data: { count } });
  }, COUNT_EVERY_MS);
  return stream.body;
}

/** Whether it says something about the order; about every order when none is given. */
export function concerns(invalidation: Invalidation, uid: string | undefined): boolean {
  return uid === undefined || invalidation.uid === undefined || invalidation.uid === uid;
}

/** As the API gives it. */
export function invalidationJson({ number, at, reason, uid, dropped }: Invalidation): InvalidationJson {
  return { number, at: new Date(at).toISOString(), reason, order_uid: uid ?? null, dropped };
}
