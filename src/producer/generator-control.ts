import type {
  FaultRates,
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
import type { Faults } from './faults.ts';
import type { LifeOptions } from './life.ts';
import type { LifePlan } from './life-table.ts';
import { KeptManifest } from './manifest.ts';
import { MessageHeaders } from './message-headers.ts';
import type { SourceMessage } from './message-source.ts';
import { orderUid } from './order-uid.ts';
import { OrderProducer } from './producer.ts';
import { scheduleOf, type Timeline } from './schedule.ts';
import { createSource, type GeneratedSource } from './source.ts';
import { faultSpansOf } from './stages.ts';

export interface GeneratorControlOptions {
  readonly sender: Pick<MessageSender, 'send' | 'close'>;
  /** For one order by hand: it gives up while somebody still waits for the answer. */
  readonly promptSender: Pick<MessageSender, 'send'>;
  readonly topic: string;
  readonly settings: GeneratorSettings;
  /** How orders live, where the settings say that they do. */
  readonly lives: LifePlan;
  readonly logger: ProducerLogger;
  /** Time a stop gives what is in flight, ms. */
  readonly closeTimeoutMs: number;
  /** The clock orders are dated by, ms since the Unix epoch; Date.now. */
  readonly now?: () => number;
}

const NOTHING: GeneratorCounts = { generated: 0, sent: 0, failed: 0, inFlight: 0, orders: 0 };

/**
 * The generator as an operator uses it: started, stopped and changed as often as asked. One run sends at a time; a
 * start during a stop begins once that stop is over.
 */
export class GeneratorControl {
  readonly #options: GeneratorControlOptions;
  readonly #now: () => number;
  readonly #headers = new MessageHeaders();
  #settings: GeneratorSettings;
  readonly #manifest: KeptManifest;
  #source: GeneratedSource;
  /** Index of the first order of the profile. */
  #profileIndex = 0;
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
    this.#manifest = new KeptManifest(options.topic);
    this.#remaining = options.settings.count;
    this.#source = this.#createSource(0);
    this.#beginProfile();
  }

  get status(): GeneratorStatus {
    const running = this.#producer?.status;
    return {
      state: this.#state,
      settings: this.#settings,
      currentRate: this.#state === 'running' ? (running?.rate ?? 0) : 0,
      profileMs: this.#state === 'running' ? this.#producer?.timeline?.elapsedMs : undefined,
      lateMs: running?.lateMs ?? 0,
      nextIndex: this.#source.nextIndex,
      remaining: this.#remaining,
      openOrders: this.#source.open,
      injected: this.#manifest.size,
      counts: [this.#past, this.#byHand, running ?? NOTHING].reduce(add),
      startedAt: this.#startedAt,
      error: this.#error,
    };
  }

  /** What it has injected, as `verify --manifest` reads it. */
  get manifest(): string {
    return this.#manifest.text(this.#settings.seed);
  }

  /** The status for live figures and metrics. */
  get figures() {
    const { state, counts, currentRate, lateMs, openOrders } = this.status;
    return { state, ...counts, currentRate, lateMs, openOrders };
  }

  /** Applies the change at once, even while it runs. */
  change(change: GeneratorChange): void {
    const { rate, profile, seed, count, faults, nextIndex, life, timeScale } = change;
    const before = this.#settings;
    const source = this.#source;
    // Orders that were not to be made are not overdue.
    const resumes = this.#remaining === 0 && count !== undefined;
    this.#settings = {
      rate: rate ?? before.rate,
      profile: profile ?? before.profile,
      seed: seed ?? before.seed,
      count: count === undefined ? before.count : count,
      faults: faults ?? before.faults,
      life: life ?? before.life,
      timeScale: timeScale ?? before.timeScale,
    };
    if (count !== undefined) this.#remaining = count;
    if (this.#settings.seed !== before.seed || nextIndex !== undefined)
      this.#source = this.#createSource(nextIndex ?? 0);
    else if (this.#settings.life !== before.life || this.#settings.timeScale !== before.timeScale)
      this.#source.setLives(this.#lives);
    const begins = resumes || rate !== undefined || profile !== undefined;
    if (begins) this.#producer?.setRate(this.#schedule(), resumes ? 'drop' : 'keep');
    else this.#producer?.lookAgain();
    if (begins || this.#source !== source) this.#beginProfile();
    else if (faults !== undefined) this.#source.setFaults(this.#faultsOf(faults));
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
    this.#beginProfile();
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

  /**
   * The next messages, at most `count`, unless something is changed; dated now, as they will be when they are sent.
   * With `faults`, as if these were set before.
   */
  preview(count: number, faults?: FaultRates): PreviewedMessage[] {
    const fork = this.#source.fork();
    const schedule = this.#schedule();
    const running = this.#producer?.timeline;
    const timeOf = (ahead: number): number => running?.timeOf(ahead) ?? this.#source.timeMs + schedule.timeOf(ahead);
    if (faults !== undefined) fork.setFaults(this.#faultsOf(faults));
    const messages: PreviewedMessage[] = [];
    let born = 0;
    while (messages.length < count) {
      const from = born;
      const timeline = { nowMs: Number.POSITIVE_INFINITY, timeOf: (ahead: number) => timeOf(from + ahead) };
      const [message] = fork.take(1, timeline);
      if (message === undefined) break;
      const { key, value, note, step } = message;
      if (step === undefined) born += 1;
      const state = step?.state ?? (this.#settings.life && note === undefined ? 'placed' : undefined);
      messages.push({ index: note?.index ?? step?.index ?? fork.nextIndex - 1, key, value, fault: note?.fault, state });
    }
    return messages;
  }

  /** Sends the next order now, running or not, outside `count` and the schedule. @throws as MessageSender.send */
  async sendOne(fault?: SpoilingFault): Promise<SentOne> {
    const index = this.#source.nextIndex;
    const { key, value, note } = this.#source.takeOne(fault);
    const headers = this.#headers.next(this.#now());
    this.#byHand = add(this.#byHand, { ...NOTHING, generated: 1, inFlight: 1 });
    try {
      const [position] = await this.#options.promptSender.send(this.#options.topic, [{ key, value, headers }]);
      if (position === undefined) throw new AppError('internal', 'the broker gave no position');
      this.#manifest.record([{ note, position }]);
      this.#byHand = add(this.#byHand, { ...NOTHING, sent: 1, inFlight: -1, orders: 1 });
      return { orderUid: key?.toString() ?? orderUid(this.#settings.seed, index), fault, ...position };
    } catch (error) {
      this.#byHand = add(this.#byHand, { ...NOTHING, failed: 1, inFlight: -1 });
      throw error;
    }
  }

  /** Stops for good; idempotent. Resolves with what had to be given up, in words. */
  async close(): Promise<string | undefined> {
    this.#closed = true;
    const failedBefore = this.status.counts.failed;
    await this.stop();
    const failed = this.status.counts.failed - failedBefore;
    return failed > 0 ? `${failed} messages not acknowledged` : undefined;
  }

  async #send(): Promise<void> {
    const { sender, topic, logger, closeTimeoutMs } = this.#options;
    const producer = new OrderProducer({
      sender,
      topic,
      source: {
        skipped: 0,
        take: (max, timeline) => this.#take(max, timeline),
        nextAtMs: (timeline) => this.#source.nextAtMs(this.#limited(timeline)),
      },
      rate: this.#schedule(),
      start: { ms: this.#source.timeMs, orders: 0 },
      onSent: (sent) => this.#manifest.record(sent),
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
    this.#beginProfile();
  }

  #take(max: number, timeline: Timeline | undefined): readonly SourceMessage[] {
    const messages = this.#source.take(max, timeline && this.#limited(timeline));
    if (this.#remaining !== null) this.#remaining -= messages.filter(({ step }) => step === undefined).length;
    return messages;
  }

  /** No order is due any more once `count` of them are taken. */
  #limited(timeline: Timeline): Timeline {
    const remaining = this.#remaining ?? Number.POSITIVE_INFINITY;
    return {
      nowMs: timeline.nowMs,
      timeOf: (ahead) => (ahead < remaining ? timeline.timeOf(ahead) : Number.POSITIVE_INFINITY),
    };
  }

  get #lives(): LifeOptions | undefined {
    const { life, timeScale } = this.#settings;
    return life ? { plan: this.#options.lives, timeScale } : undefined;
  }

  #schedule(): ReturnType<typeof scheduleOf> {
    return scheduleOf(this.#settings.profile, this.#settings.rate);
  }

  /** The profile has just begun, or begins with the next order. */
  #beginProfile(): void {
    this.#profileIndex = this.#source.nextIndex - (this.#producer?.timeline?.taken ?? 0);
    this.#source.setFaults(this.#faultsOf(this.#settings.faults));
  }

  #faultsOf(faults: FaultRates): Faults {
    return faultSpansOf({ ...this.#settings, faults }, this.#profileIndex);
  }

  #createSource(start: number): GeneratedSource {
    return createSource({ seed: this.#settings.seed, start, now: this.#now, lives: this.#lives });
  }
}

function add(a: GeneratorCounts, b: GeneratorCounts): GeneratorCounts {
  return {
    generated: a.generated + b.generated,
    sent: a.sent + b.sent,
    failed: a.failed + b.failed,
    inFlight: a.inFlight + b.inFlight,
    orders: a.orders + b.orders,
  };
}
