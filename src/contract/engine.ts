export type EngineName = 'postgresql' | 'kafka' | 'redis';

/** What can be done with an engine. */
export const ENGINE_ACTIONS = ['stop', 'kill', 'start', 'restart', 'pause', 'resume'] as const;

export type EngineAction = (typeof ENGINE_ACTIONS)[number];

/** Why an engine can't be controlled from here: local ones are off, or it was not started from this data folder. */
export type EngineObstacle = 'engines_off' | 'elsewhere';

/** The last thing done with an engine. */
export interface LastAction {
  readonly action: EngineAction;
  /** Unix ms. */
  readonly at: number;
  /** Undefined while it is under way. */
  readonly tookMs: number | undefined;
  /** Why it failed. */
  readonly error: string | undefined;
}

/** How an engine is, and what is done with it. */
export interface EngineView {
  readonly name: EngineName;
  /** The name people use. */
  readonly title: string;
  /** host:port; the one that answers, where several are configured. */
  readonly address: string;
  readonly answers: boolean;
  /** `unreachable`: it is not ours, and does not answer. */
  readonly state: 'running' | 'starting' | 'stopping' | 'restarting' | 'paused' | 'stopped' | 'unreachable';
  /** Known for a Redis without password, and for engines started from this data folder. */
  readonly version: string | undefined;
  /** Undefined when it does not run, or is not ours. */
  readonly pid: number | undefined;
  /** Undefined when it can be controlled. */
  readonly obstacle: EngineObstacle | undefined;
  /** Unix ms: when a pause ends by itself. */
  readonly resumesAt: number | undefined;
  /** The last thing done with it by this process. */
  readonly last: LastAction | undefined;
}

/** What to do with an engine. */
export type EngineOrder =
  | { readonly action: Exclude<EngineAction, 'pause'> }
  /** It goes on by itself after the time. */
  | { readonly action: 'pause'; readonly forMs: number };

/** `busy`: something else is done with it, by this process or another. `not_running`: it can't be paused. */
export type EngineRefusal = EngineObstacle | 'busy' | 'not_running';

/** Whether it is done. `done` resolves when it is finished. @throws AppError by `done` when it failed */
export type EngineAcceptance =
  | { readonly accepted: true; readonly done: Promise<void> }
  | { readonly accepted: false; readonly why: EngineRefusal };

/** The engines, of which those that were started from this data folder can be stopped, killed, paused and started again. */
export interface EngineControl {
  /** How all of them are now. Takes a second when one is silent. */
  list(): Promise<EngineView[]>;
  find(name: EngineName): Promise<EngineView>;
  /** Does it, unless that is impossible; what is so already stays as it is. */
  act(name: EngineName, order: EngineOrder): Promise<EngineAcceptance>;
}
