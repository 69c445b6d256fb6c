export type EngineName = 'postgresql' | 'kafka' | 'redis';

/** What can be done with an engine. */
export const ENGINE_ACTIONS = ['stop', 'kill', 'start', 'restart', 'pause', 'resume'] as const;

type EngineAction = (typeof ENGINE_ACTIONS)[number];

/** Why an engine can't be controlled from here: local ones are off, or it was not started from this data folder. */
export type EngineObstacle = 'engines_off' | 'elsewhere';

/** The last thing done with an engine. */
export interface LastAction {
  readonly action: EngineAction;
  /** Unix ms. */
  readonly at: number;
  /** Undefined while it is in progress. */
  readonly tookMs: number | undefined;
  /** Why it failed. */
  readonly error: string | undefined;
}

/** The state of an engine, and what is being done with it. */
export interface EngineView {
  readonly name: EngineName;
  /** Its name for people. */
  readonly title: string;
  /** host:port; the one that answers, where several are configured. */
  readonly address: string;
  readonly answers: boolean;
  /** `unreachable`: it is not ours and does not answer. */
  readonly state: 'running' | 'starting' | 'stopping' | 'restarting' | 'paused' | 'stopped' | 'unreachable';
  /** Known for a Redis without password, and for engines started from this data folder. */
  readonly version: string | undefined;
  /** Undefined when it does not run or is not ours. */
  readonly pid: number | undefined;
  /** Undefined when it can be controlled. */
  readonly obstacle: EngineObstacle | undefined;
  /** Unix ms: when a pause ends by itself. */
  readonly resumesAt: number | undefined;
  /** The last thing that this process did with it. */
  readonly last: LastAction | undefined;
}

/** What to do with an engine. */
export type EngineOrder =
  | { readonly action: Exclude<EngineAction, 'pause'> }
  /** It resumes by itself after this time. */
  | { readonly action: 'pause'; readonly forMs: number };

/** `busy`: this process or another is doing something with it. `not_running`: it can't be paused or resumed. */
export type EngineRefusal = EngineObstacle | 'busy' | 'not_running';

/** Whether the order is accepted. `done` resolves when it is finished, and rejects with an AppError if it fails. */
export type EngineAcceptance =
  | { readonly accepted: true; readonly done: Promise<void> }
  | { readonly accepted: false; readonly why: EngineRefusal };

/** The engines. Those started from this data folder can be stopped, killed, paused and started again. */
export interface EngineControl {
  /** The state of all engines now. Takes a second when one is silent. */
  list(): Promise<EngineView[]>;
  find(name: EngineName): Promise<EngineView>;
  /** Carries the order out, unless it is refused. An engine that is already in that state stays as it is. */
  act(name: EngineName, order: EngineOrder): Promise<EngineAcceptance>;
}
