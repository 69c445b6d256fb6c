import { randomUUID } from 'node:crypto';
import type { DeadLetter, Position } from '../contract/letter.ts';
import type {
  BatchFate,
  IntendedLetter,
  Recovered,
  RedriveBatch,
  RedriveOutcome,
  RedriveRecord,
} from '../contract/redrive.ts';
import type { AtomicSender } from '../kafka/send/atomic-sender.ts';
import { AppError } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import { givingWay } from '../lib/next-turn.ts';
import type { OrderCheck } from '../order/check.ts';
import { type ReadableTopic, withTopic } from './reading.ts';
import { batchFate, type RecoveryDependencies, redrivenIn } from './recovery.ts';
import { judge, outcomeOf, type RedriveRules, redriveIdPrefix, redriveMessage } from './redrive-plan.ts';
import { SAMPLES } from './redrive-report.ts';
import { changesBetween } from './value-changes.ts';

/** Sends all of a batch or nothing. */
export type BatchSender = Pick<AtomicSender, 'send' | 'close'>;

/**
 * What was redriven, kept where it outlives the process. An open batch is one whose fate is not written down yet. Every
 * call throws AppError `database_unavailable` while it can't answer.
 */
interface RedriveJournal {
  /** Whose letters these are. */
  readonly deadLetterTopic: string;
  /** The right to redrive, for one at a time; undefined while another process has it. */
  lock(): Promise<{ release(): Promise<void> } | undefined>;
  /** Those of the letters that were redriven, or are in an open batch. */
  find(letterIds: readonly string[]): Promise<Map<string, RedriveRecord>>;
  /** Opens a batch. @throws AppError `busy` when another process has opened one with a letter of it. */
  open(batch: RedriveBatch, letters: readonly IntendedLetter[]): Promise<void>;
  /** Closes a batch and returns how many letters it had; those not sent are as if it had never been. */
  close(batchId: string, fate: BatchFate): Promise<number>;
  openBatches(): Promise<RedriveBatch[]>;
  /** Forgets letters that have left their topic; `starts` is where its partitions begin. */
  prune(starts: ReadonlyMap<number, number>): Promise<void>;
}

type Delivery = { readonly refusal: string } | { readonly places: readonly Position[] };

export interface RedriveDependencies extends RecoveryDependencies {
  readonly journal: RedriveJournal;
  /** A new sender; every earlier one is shut out when it resolves. */
  readonly openSender: () => Promise<BatchSender>;
}

export interface RedriveSettings {
  readonly rules: RedriveRules;
  readonly dryRun: boolean;
  /**
   * The journal was restored from a backup: letters that were sent back since are found in the target topic, which is
   * read whole, and written down.
   */
  readonly restored?: boolean;
  /** Looks at each value that a dry run would send. */
  readonly check?: (value: Buffer | null) => OrderCheck;
}

interface Planned {
  readonly letter: DeadLetter;
  readonly value: Buffer | null;
  readonly attempt: number;
}

const MAX_BATCH_LETTERS = 500;
/** Below the broker's default for a batch, 1 048 588, with room for headers. */
const MAX_BATCH_BYTES = 700_000;
const MAX_ATTEMPTS = 8;

/**
 * One run of redriving. A batch is written down as intended, sent in one transaction, then written down as sent: a run
 * that is killed in between is completed by the next one, which first shuts the killed one's sender out and then looks
 * in the target topic for what had arrived.
 */
export class Redrive {
  readonly #dependencies: RedriveDependencies;
  readonly #settings: RedriveSettings;
  readonly #release: () => Promise<void>;
  /** Ids of letters that the target topic holds, of a restored journal. */
  #arrived: ReadonlySet<string> = new Set();
  #topic: ReadableTopic | undefined;
  #sender: BatchSender | undefined;
  /** How many changes a dry run has shown. */
  #shown = 0;

  private constructor(dependencies: RedriveDependencies, settings: RedriveSettings, release: () => Promise<void>) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#release = release;
  }

  /**
   * Takes the lock, completes what an earlier run left open, and has the journal forget letters that are gone. A dry
   * run does neither.
   * @throws AppError `busy` when another process redrives, `topic_missing`, `kafka_unavailable`,
   *   `database_unavailable`.
   */
  static async start(
    dependencies: RedriveDependencies,
    settings: RedriveSettings,
  ): Promise<{ redrive: Redrive; recovered: Recovered }> {
    const { journal, openTopic, openSender } = dependencies;
    const lock = settings.dryRun ? { release: async () => {} } : await journal.lock();
    if (lock === undefined) {
      throw new AppError('busy', 'another process is redriving dead letters; try again when it is done');
    }
    const recovered: Recovered = { sent: 0, not_sent: 0, uncertain: 0 };
    const redrive = new Redrive(dependencies, settings, lock.release);
    try {
      redrive.#topic = await openTopic(settings.rules.targetTopic);
      if (settings.restored === true) redrive.#arrived = await redrivenIn(redrive.#topic);
      if (settings.dryRun) return { redrive, recovered };
      redrive.#sender = await openSender();
      for (const batch of await journal.openBatches()) {
        const fate = await batchFate(batch, dependencies);
        recovered[fate] += await journal.close(batch.batchId, fate);
      }
      const ranges = await withTopic(openTopic, journal.deadLetterTopic, (letters) => letters.ranges());
      await journal.prune(new Map([...ranges].map(([partition, { start }]) => [partition, start])));
      return { redrive, recovered };
    } catch (error) {
      await redrive.close();
      throw error;
    }
  }

  /**
   * Sends the letters that may be sent, and says what became of each, in order. Edited values are held a batch at a
   * time.
   * @throws AppError `busy` when another process has taken over, `kafka_unavailable`, `database_unavailable`: the next
   *   run completes it.
   */
  async run(letters: readonly DeadLetter[]): Promise<RedriveOutcome[]> {
    const known = await this.#dependencies.journal.find(letters.map(({ id }) => id));
    const outcomes = new Map<DeadLetter, RedriveOutcome>();
    const ids = new Set<string>();
    const breathe = givingWay();
    let [batch, bytes]: [Planned[], number] = [[], 0];
    const arrived: DeadLetter[] = [];
    const flush = async (): Promise<void> => {
      const found = await this.#sendOrSplit(batch);
      for (const [at, { letter }] of batch.entries()) if (found[at]) outcomes.set(letter, found[at]);
      [batch, bytes] = [[], 0];
    };
    for (const letter of letters) {
      await breathe();
      const verdict = await judge(letter, known.get(letter.id), this.#settings.rules);
      if (!verdict.send) outcomes.set(letter, outcomeOf(letter, verdict.reason, verdict.detail));
      else if (ids.has(letter.id)) {
        outcomes.set(letter, outcomeOf(letter, 'already_redriven', 'a second copy of a letter'));
      } else if (this.#arrived.has(letter.id) && !this.#settings.rules.again) {
        ids.add(letter.id);
        arrived.push(letter);
        outcomes.set(letter, outcomeOf(letter, 'already_redriven', 'its message is in the topic'));
      } else {
        ids.add(letter.id);
        const size = (verdict.value?.length ?? 0) + (letter.key?.length ?? 0) + 500;
        if (batch.length === MAX_BATCH_LETTERS || (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)) await flush();
        batch.push({ letter, ...verdict });
        bytes += size;
      }
    }
    if (batch.length > 0) await flush();
    if (arrived.length > 0 && !this.#settings.dryRun) await this.#writeDown(arrived);
    return letters.flatMap((letter) => outcomes.get(letter) ?? []);
  }

  /** Lets go of the lock and the clients. Idempotent. */
  async close(): Promise<void> {
    await this.#sender?.close();
    await this.#topic?.close();
    await this.#release();
  }

  get #target(): ReadableTopic {
    if (this.#topic === undefined) throw new AppError('internal', 'the redrive was not started');
    return this.#topic;
  }

  async #writeDown(letters: readonly DeadLetter[]): Promise<void> {
    const { journal } = this.#dependencies;
    const { topicId: targetTopicId } = this.#target;
    const batchId = randomUUID();
    const batch = { batchId, targetTopic: this.#settings.rules.targetTopic, targetTopicId, from: new Map() };
    await journal.open(
      batch,
      letters.map((letter) => ({ ...letter, letterId: letter.id, attempt: 1 })),
    );
    await journal.close(batchId, 'sent');
  }

  async #sendOrSplit(batch: readonly Planned[]): Promise<RedriveOutcome[]> {
    if (this.#settings.dryRun) return await this.#looked(batch);
    const delivery = await this.#deliver(batch);
    if ('places' in delivery)
      return batch.map(({ letter }, at) => {
        const sentTo = delivery.places[at];
        return { ...outcomeOf(letter, 'sent'), ...(sentTo && sentTo.offset >= 0 && { sentTo }) };
      });
    const [only] = batch;
    if (batch.length === 1 && only) return [outcomeOf(only.letter, 'refused', delivery.refusal)];
    const outcomes: RedriveOutcome[] = [];
    for (const one of batch) outcomes.push(...(await this.#sendOrSplit([one])));
    return outcomes;
  }

  async #looked(batch: readonly Planned[]): Promise<RedriveOutcome[]> {
    const { check } = this.#settings;
    const breathe = givingWay();
    const outcomes: RedriveOutcome[] = [];
    for (const { letter, value } of batch) {
      await breathe();
      const changes = this.#changes(letter, value);
      const looked = { ...(check && { check: check(value) }), ...(changes && { changes }) };
      outcomes.push({ ...outcomeOf(letter, 'would_send'), ...looked });
    }
    return outcomes;
  }

  #changes(letter: DeadLetter, value: Buffer | null): RedriveOutcome['changes'] {
    if (this.#settings.rules.edit?.replaces !== false || this.#shown === SAMPLES) return undefined;
    this.#shown += 1;
    return changesBetween(letter.value, value);
  }

  /** Resolves when the batch is in the target topic and the journal says so, or with Kafka's reason for refusing it. */
  async #deliver(planned: readonly Planned[]): Promise<Delivery> {
    const { journal } = this.#dependencies;
    const backoff = new Backoff({ minMs: 100, maxMs: 3_000 });
    for (let attempt = 1; ; attempt++) {
      const ends = await this.#target.ranges();
      const target = { topic: this.#settings.rules.targetTopic, partitions: ends.size };
      const batchId = randomUUID();
      const messages = planned.map(({ letter, value }) =>
        redriveMessage(letter, value, target, redriveIdPrefix(batchId) + letter.id),
      );
      const batch: RedriveBatch = {
        batchId,
        targetTopic: target.topic,
        targetTopicId: this.#target.topicId,
        from: new Map(messages.map(({ partition }) => [partition, ends.get(partition)?.end ?? 0])),
      };
      await journal.open(
        batch,
        planned.map(({ letter, attempt: number }) => ({ ...letter, letterId: letter.id, attempt: number })),
      );
      const sent = await this.#send(target.topic, messages);
      if (!(sent instanceof AppError)) {
        await journal.close(batchId, 'sent');
        return { places: messages.map(({ partition }, at) => ({ partition, offset: sent[at] ?? -1 })) };
      }
      const failure = sent;
      if (failure.code === 'fenced') {
        throw new AppError('busy', 'another process has taken over the redrive', { cause: failure });
      }
      // The next sender shuts this one out, so that what the topic says then is final.
      await this.#reopen(failure);
      const fate = await batchFate(batch, this.#dependencies);
      await journal.close(batchId, fate);
      if (fate !== 'not_sent') return { places: [] };
      if (failure.code === 'kafka_rejected') return { refusal: failure.message };
      if (attempt >= MAX_ATTEMPTS) throw failure;
      await pause(backoff.next());
    }
  }

  /** The messages' offsets, or why they may not have arrived. */
  async #send(topic: string, messages: Parameters<BatchSender['send']>[1]): Promise<readonly number[] | AppError> {
    try {
      this.#sender ??= await this.#dependencies.openSender();
      return await this.#sender.send(topic, messages);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  }

  async #reopen(failure: AppError): Promise<void> {
    const backoff = new Backoff({ minMs: 100, maxMs: 3_000 });
    await this.#sender?.close();
    this.#sender = undefined;
    for (let attempt = 1; this.#sender === undefined; attempt++) {
      try {
        this.#sender = await this.#dependencies.openSender();
      } catch {
        if (attempt >= MAX_ATTEMPTS) throw failure;
        await pause(backoff.next());
      }
    }
  }
}
