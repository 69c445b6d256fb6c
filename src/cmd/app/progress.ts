import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a long task is: a bar on a terminal, a plain line every few seconds otherwise. To standard error. */
export interface Progress {
  update(done: number, detail: string): void;
  /** Leaves the last state on the screen. */
  stop(): void;
}

export interface ProgressOptions {
  readonly label: string;
  /** How many there will be; undefined when nobody knows. */
  readonly total: number | undefined;
  readonly terminal: boolean;
  readonly write: (line: string) => void;
  /** Between plain lines. */
  readonly everyMs?: number;
}

export function createProgress(options: ProgressOptions): Progress {
  return options.terminal && options.total !== undefined
    ? new BarProgress(options.label, options.total)
    : new LineProgress(options);
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;

  constructor(label: string, total: number) {
    this.#bar = new SingleBar(
      {
        format: `${label} {bar} {percentage}% | {value}/{total} | {detail}`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: false,
      },
      Presets.shades_classic,
    );
    this.#bar.start(total, 0, { detail: '' });
  }

  update(done: number, detail: string): void {
    this.#bar.update(done, { detail });
  }

  stop(): void {
    this.#bar.stop();
  }
}

class LineProgress implements Progress {
  readonly #options: ProgressOptions;
  #last = Date.now();

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  update(done: number, detail: string): void {
    const now = Date.now();
    if (now - this.#last < (this.#options.everyMs ?? 5_000)) return;
    this.#last = now;
    const { label, total } = this.#options;
    this.#options.write(
      `${label} ${done}${total === undefined ? '' : `/${total}`}${detail === '' ? '' : ` | ${detail}`}`,
    );
  }

  stop(): void {}
}
