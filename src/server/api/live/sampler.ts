import type { EngineReadiness } from '../schemas.ts';
import type { TopicReading } from './figures.ts';
import { type HistoryLimits, LiveHistory } from './history.ts';
import { keepNote, type LiveNoteJson, type NoteFields, notesBetween } from './notes.ts';
import { type LiveSampleJson, type LocalReading, type Reading, sampleOf } from './sample.ts';

/** Where the figures come from. */
export interface LiveSource {
  local(): LocalReading;
  /** Never rejects, bounded in time. */
  engines(): Promise<readonly EngineReadiness[]>;
  /** @throws when Kafka or PostgreSQL can't answer */
  topic(): Promise<TopicReading>;
}

export interface LiveSamplerOptions {
  readonly source: LiveSource;
  /** Time between samples, ms; 1 000. */
  readonly everyMs?: number;
  /** Samples between two queries of the engines while nobody watches; 5. */
  readonly idleRounds?: number;
  /** How long Kafka and PostgreSQL may take to report the topic, ms; 3 000. After that it is unknown. */
  readonly patienceMs?: number;
  /** Samples kept for new connections; an hour of them. */
  readonly history?: HistoryLimits;
  readonly maxNotes?: number;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

export interface LiveListener {
  sample(sample: LiveSampleJson): void;
  note(note: LiveNoteJson): void;
}

/** Takes one sample a second for everyone who watches, and keeps the last hour. */
export class LiveSampler {
  readonly #options: LiveSamplerOptions;
  readonly #now: () => number;
  readonly #maxNotes: number;
  readonly #listeners = new Set<LiveListener>();
  readonly #history: LiveHistory;
  readonly #notes: LiveNoteJson[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #last: Reading | undefined;
  #engines: Reading['engines'] = [];
  #topic: Reading['topic'];
  #earlierTopic: Reading['topic'];
  #askingEngines = false;
  #topicAskedAt: number | undefined;
  #round = 0;

  constructor(options: LiveSamplerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#history = new LiveHistory(options.history);
    this.#maxNotes = options.maxNotes ?? 200;
  }

  /** Starts sampling; safe to call again. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#ask();
    this.#timer = setInterval(() => this.#tick(), this.#options.everyMs ?? 1_000);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The last hour, oldest first. */
  get history(): { readonly samples: LiveSampleJson[]; readonly notes: LiveNoteJson[] } {
    return { samples: this.#history.samples, notes: [...this.#notes] };
  }

  /** The last sample; undefined before the first. */
  get latest(): LiveSampleJson | undefined {
    return this.#history.latest;
  }

  /** Calls the listener from now on, until the returned function is called. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells all that something was asked for, in words and in figures. */
  note(kind: LiveNoteJson['kind'], text: string, fields: NoteFields = {}): void {
    this.#tell({ at: new Date(this.#now()).toISOString(), kind, text, ...fields });
  }

  #tell(note: LiveNoteJson): void {
    keepNote(this.#notes, note, this.#maxNotes);
    for (const listener of this.#listeners) listener.note(note);
  }

  #tick(): void {
    const idle = this.#listeners.size === 0 && this.#round % (this.#options.idleRounds ?? 5) !== 0;
    this.#round += 1;
    if (!idle) this.#ask();
    const reading: Reading = {
      at: this.#now(),
      local: this.#options.source.local(),
      engines: this.#engines,
      topic: this.#knownTopic(),
      earlierTopic: this.#earlierTopic,
    };
    const sample = sampleOf(this.#last, reading);
    this.#last = reading;
    const before = this.#history.latest;
    this.#history.add(sample);
    for (const listener of this.#listeners) listener.sample(sample);
    for (const note of before === undefined ? [] : notesBetween(before, sample)) this.#tell(note);
  }

  /** The answers count from the next sample on; a slow engine does not delay anything else. */
  #ask(): void {
    void this.#askEngines();
    void this.#askTopic();
  }

  async #askEngines(): Promise<void> {
    if (this.#askingEngines) return;
    this.#askingEngines = true;
    try {
      this.#engines = await this.#options.source.engines();
    } catch {
      // What was known stays known.
    } finally {
      this.#askingEngines = false;
    }
  }

  async #askTopic(): Promise<void> {
    if (this.#topicAskedAt !== undefined) return;
    this.#topicAskedAt = this.#now();
    const topic = await this.#options.source.topic().catch(() => undefined);
    this.#topicAskedAt = undefined;
    this.#earlierTopic = this.#topic;
    this.#topic = topic && { ...topic, readAt: this.#now() };
  }

  /** There is no second query before the first is answered; when that takes too long, the topic is unknown. */
  #knownTopic(): Reading['topic'] {
    const askedAt = this.#topicAskedAt;
    if (askedAt !== undefined && this.#now() - askedAt > (this.#options.patienceMs ?? 3_000)) this.#topic = undefined;
    return this.#topic;
  }
}
