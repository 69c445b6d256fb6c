import { AppError, messageOf } from '../../lib/app-error.ts';
import { splitBySize } from '../../lib/split-by-size.ts';
import { type KafkaLogger, NOT_YET_PATIENCE_MS, saysNotYet, toKafkaError } from '../clients.ts';
import { type Batch, PartitionLane } from './partition-lane.ts';
import { errorName, type ProduceAnswer, produceOutcome, refusalOf } from './produce-api.ts';
import type { ProducerSession, TopicLayout } from './producer-session.ts';
import type { Compression } from './record-batch.ts';

export interface DispatcherOptions {
  /** Send messages whose time the broker refuses without one; otherwise they are refused. */
  readonly timeOptional?: boolean;
  /** none by default. */
  readonly compression?: Compression;
}

type Session = Pick<
  ProducerSession,
  'layout' | 'identity' | 'forgetIdentity' | 'version' | 'connection' | 'produce' | 'reset'
>;

const MAX_REQUEST_BYTES = 4_000_000;

/**
 * Takes batches from the lanes of all partitions to their leaders: one request carries the head of every idle lane a
 * broker leads. A request without an answer, or an answer to try again, puts its lanes to rest for a jittered while;
 * the same batches go again under the same sequence numbers. It never gives up by itself: the jobs have deadlines.
 */
export class ProduceDispatcher {
  readonly #session: Session;
  readonly #options: DispatcherOptions;
  readonly #logger: KafkaLogger;
  readonly #layouts = new Map<string, TopicLayout>();
  /** Topics whose leaders are in doubt; the number of partitions is still good for choosing one. */
  readonly #stale = new Set<string>();
  readonly #refreshing = new Map<string, Promise<TopicLayout>>();
  readonly #lanes = new Map<string, PartitionLane>();
  #pumpTimer: ReturnType<typeof setTimeout> | undefined;
  #pumpQueued = false;
  #failing = false;
  /** When the first attempt since the last success failed, by `performance.now`. */
  #failingSince: number | undefined;
  #stopped = false;

  constructor(session: Session, options: DispatcherOptions, logger: KafkaLogger) {
    this.#session = session;
    this.#options = options;
    this.#logger = logger;
  }

  /** The topic's layout as it was last seen. */
  knownLayout(topic: string): TopicLayout | undefined {
    return this.#layouts.get(topic);
  }

  /** Looks a topic up; one look-up at a time, shared. @throws AppError as ProducerSession.layout */
  layout(topic: string): Promise<TopicLayout> {
    const running = this.#refreshing.get(topic);
    if (running !== undefined) return running;
    const lookUp = this.#session
      .layout(topic)
      .then((layout) => {
        this.#layouts.set(topic, layout);
        this.#stale.delete(topic);
        return layout;
      })
      .catch((error: unknown) => {
        this.#session.reset();
        throw error;
      })
      .finally(() => this.#refreshing.delete(topic));
    this.#refreshing.set(topic, lookUp);
    return lookUp;
  }

  /** The lane of a partition. */
  lane(topic: string, partition: number): PartitionLane {
    const name = `${topic}/${partition}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = new PartitionLane(topic, partition, this.#options.compression ?? 'none');
    this.#lanes.set(name, lane);
    return lane;
  }

  /** Call after adding to a lane. Sends made in one turn of the event loop share requests. */
  wake(): void {
    if (this.#pumpQueued) return;
    this.#pumpQueued = true;
    queueMicrotask(() => {
      this.#pumpQueued = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#stopped) return;
    const now = performance.now();
    const requests = new Map<number, PartitionLane[]>();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      if (lane.busy || lane.idle) continue;
      if (lane.notBeforeMs > now) {
        nextAt = Math.min(nextAt, lane.notBeforeMs);
        continue;
      }
      const leader = this.#layouts.get(lane.topic)?.leaders[lane.partition];
      if (leader === undefined || this.#stale.has(lane.topic)) {
        this.#relocate(lane);
        continue;
      }
      const lanes = requests.get(leader);
      if (lanes === undefined) requests.set(leader, [lane]);
      else lanes.push(lane);
    }
    for (const [leader, lanes] of requests) {
      for (const part of splitBySize(lanes, MAX_REQUEST_BYTES, bytesOf)) void this.#attempt(leader, part);
    }
    clearTimeout(this.#pumpTimer);
    if (nextAt < Number.POSITIVE_INFINITY) this.#pumpTimer = setTimeout(() => this.#pump(), nextAt - now + 1);
  }

  /** Stops sending. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#pumpTimer);
  }

  async #attempt(leader: number, lanes: readonly PartitionLane[]): Promise<void> {
    for (const lane of lanes) lane.busy = true;
    const batches: { lane: PartitionLane; head: Batch }[] = [];
    try {
      let identity = await this.#session.identity();
      await this.#session.version();
      const connection = await this.#session.connection(leader);
      for (const lane of lanes) {
        const head = lane.head();
        if (head === undefined) continue;
        if (!lane.mayUse(identity)) {
          this.#session.forgetIdentity();
          identity = await this.#session.identity();
        }
        lane.stamp(head, identity);
        batches.push({ lane, head });
      }
      const sent = batches.map(({ lane, head }) => ({
        topic: lane.topic,
        partition: lane.partition,
        batch: head.bytes,
      }));
      const answers = sent.length === 0 ? [] : await this.#session.produce(connection, sent);
      for (const { lane, head } of batches) {
        const answer = answers.find((each) => each.topic === lane.topic && each.partition === lane.partition);
        if (answer === undefined) throw new AppError('kafka_unavailable', 'the broker left out a partition');
        this.#settle(lane, head, answer);
      }
    } catch (error) {
      this.#postpone(lanes, error);
      this.#session.reset();
      for (const topic of this.#layouts.keys()) this.#stale.add(topic);
    }
    for (const lane of lanes) lane.busy = false;
    this.wake();
  }

  #settle(lane: PartitionLane, head: Batch, answer: ProduceAnswer): void {
    const outcome = produceOutcome(answer.errorCode);
    const name = errorName(answer.errorCode);
    if (outcome === 'written') {
      if (this.#failing) this.#logger.info({}, 'kafka sender recovered');
      this.#failing = false;
      this.#failingSince = undefined;
      lane.written(head, answer.baseOffset);
    } else if (outcome === 'divide' && head.messages.length > 1) {
      lane.halve(head);
    } else if (outcome === 'untimely' && this.#options.timeOptional === true && head.timed) {
      const { advice } = refusalOf(name, lane.topic);
      this.#logger.warn({ topic: lane.topic, reason: advice }, 'kafka refuses the time of messages');
      lane.dropTime(head);
    } else if (outcome === 'divide' || (!head.doubted && (outcome === 'untimely' || outcome === 'rejected'))) {
      const { refusal, advice } = refusalOf(name, lane.topic);
      const detail = answer.message === null ? '' : `: ${answer.message}`;
      lane.refused(head, refusal, `Kafka refuses the message (${name}${detail}). ${advice}`);
    } else {
      if (outcome === 'new_identity') {
        this.#session.forgetIdentity();
        lane.forgetIdentity();
      }
      this.#stale.add(lane.topic);
      const more = outcome === 'untimely' || outcome === 'rejected' ? `. ${refusalOf(name, lane.topic).advice}` : '';
      this.#postpone([lane], new AppError('kafka_unavailable', `Kafka answered ${name}${more}`, { retryable: true }));
    }
  }

  #postpone(lanes: readonly PartitionLane[], error: unknown): void {
    const failure = toKafkaError(error, 'sending');
    this.noteFailure(failure);
    const final = failure.code === 'kafka_rejected' || failure.code === 'kafka_refuses';
    const now = performance.now();
    for (const lane of lanes) {
      lane.notBeforeMs = now + lane.backoff.next();
      for (const job of lane.jobs()) {
        job.lastError = failure;
        // What may be written is repeated under its number until its deadline: sent anew it could be there twice.
        if (final && !job.begun) job.fail(failure);
      }
      // Drops what nobody waits for now.
      lane.head();
    }
  }

  /** Looks the leader up again; the lane waits meanwhile. */
  #relocate(lane: PartitionLane): void {
    lane.busy = true;
    this.layout(lane.topic)
      .then(
        (layout) => {
          if (layout.leaders[lane.partition] === undefined) {
            this.#stale.add(lane.topic);
            this.#postpone([lane], new AppError('kafka_unavailable', 'the partition has no leader'));
          }
        },
        (error: unknown) => {
          const failure = toKafkaError(error, 'looking up the leader');
          if (failure.code !== 'topic_missing') return this.#postpone([lane], failure);
          for (const job of lane.jobs()) job.fail(failure);
          // Drops them, or their leader would be looked up without end.
          lane.head();
        },
      )
      .finally(() => {
        lane.busy = false;
        this.wake();
      });
  }

  /** One line at the start of an outage, one at its end. */
  noteFailure(error: AppError): void {
    if (this.#failing) return;
    this.#failingSince ??= performance.now();
    if (saysNotYet(error) && performance.now() - this.#failingSince < NOT_YET_PATIENCE_MS) return;
    this.#failing = true;
    this.#logger.warn({ reason: messageOf(error) }, 'kafka sender is retrying');
  }
}

const bytesOf = (lane: PartitionLane): number => lane.head()?.bytes.length ?? 0;
