import type {
  GeneratorChange,
  GeneratorCounts,
  GeneratorSettings,
  GeneratorStatus,
  PreviewedMessage,
  SentOne,
  SpoilingFault,
} from '../contract/generator.ts';
import type { MessageSender } from '../kafka/send/message-sender.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { ProducerLogger } from './delivery.ts';
import { MessageHeaders } from './message-headers.ts';
import { orderUid } from './order-uid.ts';
import { OrderProducer } from './producer.ts';
import { scheduleOf } from './schedule.ts';
import { createSource, type GeneratedSource, type SourceMessage } from './source.ts';

export interface GeneratorControlOptions {
  readonly sender: Pick<MessageSender, 'send' | 'close'>;
  readonly topic: string;
  readonly settings: GeneratorSettings;
  readonly logger: ProducerLogger;
  /** Time a stop gives what is in flight, ms. */
  readonly closeTimeoutMs: number;
  /** The clock orders are dated by, ms since the Unix epoch; Date.now. */
  readonly now?: () => number;
}

const NOTHING: GeneratorCounts = { generated: 0, sent: 0, failed: 0, inFlight: 0 };

/**
 * The generator as an operator uses it: started, stopped and changed as often as asked. One run sends at a time; a
 * start during a stop begins once that stop is over.
 */
export class GeneratorControl {
  readonly #options: GeneratorControlOptions;
  readonly #now: () => number;
  readonly #headers = new MessageHeaders();
  #settings: GeneratorSettings;
  #source: GeneratedSource;
  #remaining: number | null;
  #producer: OrderProducer | undefined;
  /** Settles with the run under way; never rejects. */
  #run: Promise<void> = Promise.resolve();
  #state: GeneratorStatus['state'] = 'stopped';
  #past = NOTHING;
  #byHand = NOTHING;
  #startedAt: number | undefined;
  #error: string | undefined;
  #closed = false;

  constructor(options: GeneratorControlOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#settings = options.settings;
    this.#remaining = options.settings.count;
    this.#source = this.#createSource(0);
  }

  get status(): GeneratorStatus {
    const running = this.#producer?.status;
    return {
      state: this.#state,
      settings: this.#settings,
      currentRate: this.#state === 'running' ? (running?.rate ?? 0) : 0,
      lateMs: running?.lateMs ?? 0,
      nextIndex: this.#source.nextIndex,
      remaining: this.#remaining,
      counts: [this.#past, this.#byHand, running ?? NOTHING].reduce(add),
      startedAt: this.#startedAt,
      error: this.#error,
    };
  }

  /** Applies the change at once, even while it runs. */
  change(change: GeneratorChange): void {
    const { rate, profile, seed, count, faults, nextIndex } = change;
    const before = this.#settings;
    this.#settings = {
      rate: rate ?? before.rate,
      profile: profile ?? before.profile,
      seed: seed ?? before.seed,
      count: count === undefined ? before.count : count,
      faults: faults ?? before.faults,
    };
    if (count !== undefined) this.#remaining = count;
    if (this.#settings.seed !== before.seed || nextIndex !== undefined)
      this.#source = this.#createSource(nextIndex ?? 0);
    else if (faults !== undefined) this.#source.setFaults(faults);
    if (rate !== undefined || profile !== undefined) this.#producer?.setRate(this.#schedule());
  }

  /** Applies the change and makes sure that it runs. @throws AppError `aborted` after close(). */
  async start(change: GeneratorChange = {}): Promise<void> {
    while (this.#state === 'stopping') await this.#run;
    if (this.#closed) throw new AppError('aborted', 'the generator is closed');
    this.change(change);
    if (this.#state === 'running') return;
    if (change.count === undefined) this.#remaining = this.#settings.count;
    this.#state = 'running';
    this.#startedAt = this.#now();
    this.#error = undefined;
    const { seed, profile } = this.#settings;
    this.#options.logger.info({ seed, profile: profile.kind, nextIndex: this.#source.nextIndex }, 'generator started');
    this.#run = this.#send();
  }

  /** Makes sure that it does not run: takes no more, and waits up to closeTimeoutMs for what is in flight. */
  async stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopping';
    // A start that waits for the end of this run may come first, and begin another.
    const run = this.#run;
    await this.#producer?.close();
    await run;
  }

  /** The next messages, at most `count`, unless something is changed; dated now, as they will be when they are sent. */
  preview(count: number): PreviewedMessage[] {
    const fork = this.#source.fork();
    const messages: PreviewedMessage[] = [];
    while (messages.length < count) {
      const index = fork.nextIndex;
      const [message] = fork.take(1);
      if (message === undefined) break;
      const { key, value, note } = message;
      messages.push({ index: note?.index ?? index, key, value, fault: note?.fault });
    }
    return messages;
  }

  /** Sends the next order now, running or not, outside `count` and the schedule. @throws as MessageSender.send */
  async sendOne(fault?: SpoilingFault): Promise<SentOne> {
    const index = this.#source.nextIndex;
    const { key, value } = this.#source.takeOne(fault);
    const headers = this.#headers.next(this.#now());
    this.#byHand = add(this.#byHand, { generated: 1, sent: 0, failed: 0, inFlight: 1 });
    try {
      const [position] = await this.#options.sender.send(this.#options.topic, [{ key, value, headers }]);
      if (position === undefined) throw new AppError('internal', 'the broker gave no position');
      this.#byHand = add(this.#byHand, { generated: 0, sent: 1, failed: 0, inFlight: -1 });
      return { orderUid: key?.toString() ?? orderUid(this.#settings.seed, index), fault, ...position };
    } catch (error) {
      this.#byHand = add(this.#byHand, { generated: 0, sent: 0, failed: 1, inFlight: -1 });
      throw error;
    }
  }

  /** Stops for good; idempotent. Resolves with what had to be given up, in words. */
  async close(): Promise<string | undefined> {
    this.#closed = true;
    const failedBefore = this.status.counts.failed;
    await this.stop();
    const failed = this.status.counts.failed - failedBefore;
    return failed > 0 ? `${failed} orders not acknowledged` : undefined;
  }

  async #send(): Promise<void> {
    const { sender, topic, logger, closeTimeoutMs } = this.#options;
    const producer = new OrderProducer({
      sender,
      topic,
      source: { skipped: 0, take: (max) => this.#take(max) },
      rate: this.#schedule(),
      logger,
      closeTimeoutMs,
    });
    this.#producer = producer;
    try {
      await producer.start();
    } catch (error) {
      this.#error = messageOf(error);
      logger.warn({ error: this.#error }, 'the generator has stopped');
    }
    this.#past = add(this.#past, producer.status);
    this.#producer = undefined;
    this.#state = 'stopped';
  }

  #take(max: number): readonly SourceMessage[] {
    const messages = this.#source.take(Math.min(max, this.#remaining ?? max));
    if (this.#remaining !== null) this.#remaining -= messages.length;
    return messages;
  }

  #schedule(): ReturnType<typeof scheduleOf> {
    return scheduleOf(this.#settings.profile, this.#settings.rate);
  }

  #createSource(start: number): GeneratedSource {
    const { seed, faults } = this.#settings;
    return createSource({ seed, start, faults, now: this.#now });
  }
}

function add(a: GeneratorCounts, b: GeneratorCounts): GeneratorCounts {
  return {
    generated: a.generated + b.generated,
    sent: a.sent + b.sent,
    failed: a.failed + b.failed,
    inFlight: a.inFlight + b.inFlight,
  };
}
