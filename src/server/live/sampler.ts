import type { LiveNoteJson, LiveSampleJson } from '../live-schemas.ts';
import { notesBetween } from './notes.ts';
import type { LiveSource } from './readings.ts';
import { type Reading, sampleOf } from './sample.ts';

export interface LiveSamplerOptions {
  readonly source: LiveSource;
  /** Time between samples, ms; 1 000. */
  readonly everyMs?: number;
  /** Samples between two questions to the engines while nobody watches; 5. */
  readonly idleRounds?: number;
  /** Samples kept for those who connect; 300. */
  readonly maxSamples?: number;
  readonly maxNotes?: number;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

export interface LiveListener {
  sample(sample: LiveSampleJson): void;
  note(note: LiveNoteJson): void;
}

/** Takes one sample a second, for everyone who watches, and keeps the last minutes of them. */
export class LiveSampler {
  readonly #options: LiveSamplerOptions;
  readonly #now: () => number;
  readonly #maxSamples: number;
  readonly #maxNotes: number;
  readonly #listeners = new Set<LiveListener>();
  readonly #samples: LiveSampleJson[] = [];
  readonly #notes: LiveNoteJson[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #last: Reading | undefined;
  #engines: Reading['engines'] = [];
  #topic: Reading['topic'];
  #earlierTopic: Reading['topic'];
  #asking = false;
  #round = 0;

  constructor(options: LiveSamplerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#maxSamples = options.maxSamples ?? 300;
    this.#maxNotes = options.maxNotes ?? 100;
  }

  /** Begins; safe to call again. */
  start(): void {
    if (this.#timer !== undefined) return;
    void this.#ask();
    this.#timer = setInterval(() => this.#tick(), this.#options.everyMs ?? 1_000);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The last minutes, oldest first. */
  get history(): { readonly samples: LiveSampleJson[]; readonly notes: LiveNoteJson[] } {
    return { samples: [...this.#samples], notes: [...this.#notes] };
  }

  /** The last sample; undefined before the first. */
  get latest(): LiveSampleJson | undefined {
    return this.#samples.at(-1);
  }

  /** Calls the listener from now on, until the function that is returned is called. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tick(): void {
    const idle = this.#listeners.size === 0 && this.#round % (this.#options.idleRounds ?? 5) !== 0;
    this.#round += 1;
    if (!idle) void this.#ask();
    const reading: Reading = {
      at: this.#now(),
      local: this.#options.source.local(),
      engines: this.#engines,
      topic: this.#topic,
      earlierTopic: this.#earlierTopic,
    };
    const sample = sampleOf(this.#last, reading);
    this.#last = reading;
    const before = this.#samples.at(-1);
    keep(this.#samples, sample, this.#maxSamples);
    for (const listener of this.#listeners) listener.sample(sample);
    for (const note of before === undefined ? [] : notesBetween(before, sample)) {
      keep(this.#notes, note, this.#maxNotes);
      for (const listener of this.#listeners) listener.note(note);
    }
  }

  /** The answers count from the next sample on; an engine that is slow to answer holds nothing up. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const [engines, topic] = await Promise.allSettled([
      this.#options.source.engines(),
      this.#options.source.topic(),
    ]);
    if (engines.status === 'fulfilled') this.#engines = engines.value;
    this.#earlierTopic = this.#topic;
    this.#topic = topic.status === 'fulfilled' ? { ...topic.value, readAt: this.#now() } : undefined;
    this.#asking = false;
  }
}

function keep<T>(list: T[], one: T, max: number): void {
  list.push(one);
  if (list.length > max) list.shift();
}
