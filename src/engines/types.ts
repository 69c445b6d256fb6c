import type { EngineName } from '../contract/engine.ts';
import type { Address } from '../lib/address.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Answer } from './exchange.ts';

/** Where the engines are expected, and where local ones keep their data. */
export interface EngineSettings {
  /** auto: start a local engine where none answers; off: only use what answers. */
  readonly mode: 'auto' | 'off';
  /** Absolute path. Nothing is written there while no local engine is needed. */
  readonly dataDir: string;
  readonly postgresqlUrl: string;
  readonly brokers: readonly string[];
  /** One URL, or several with commas between them: nodes of one cluster. */
  readonly redisUrl: string;
}

/** `run`: engines live as long as the processes that use them. `up`: until they are stopped by command. */
export type EngineOwner = 'run' | 'up';

/** What a start is doing now, for people: long steps only (a download, a recovery). */
export type ProgressListener = (progress: { readonly engine: EngineName; readonly step: string }) => void;

/** What one kind of engine must know about itself; starting, adopting and stopping are the same for all. */
export interface EngineDefinition {
  readonly name: EngineName;
  /** The name people use. */
  readonly title: string;
  /** Any of these that answers is used; a local engine takes the first loopback one. */
  readonly addresses: readonly Address[];
  /** Whether a local engine can stand at the address: not for one of several servers that belong together. */
  readonly canBeLocal: boolean;
  /** The service does its work without it, too: with local engines off a start does not wait for it. */
  readonly optional: boolean;
  /** How long a start may take, recovery after a kill included. */
  readonly readyTimeoutMs: number;
  readonly stop: StopPolicy;
  /** Whether this engine answers there; `timeoutMs` bounds the whole exchange. Never throws. */
  probe(address: Address, timeoutMs: number): Promise<Answer>;
  /** Looks whether a local one can be started on this machine. @throws AppError `engine_missing`, `engine_start_failed` */
  check(): Promise<void>;
  /** Makes data folder and files ready; what to execute comes back. Recovers a half-finished earlier call. */
  prepare(context: PrepareContext): Promise<LaunchPlan>;
}

export interface StopPolicy {
  readonly signal: 'SIGINT' | 'SIGTERM';
  /** Sent when the engine is still there after `graceMs`; SIGKILL follows. */
  readonly forceSignal: 'SIGQUIT' | 'SIGKILL';
  readonly graceMs: number;
}

export interface PrepareContext {
  readonly address: Address;
  /** The engine's own folder; it exists. */
  readonly folder: string;
  readonly step: (text: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export interface LaunchPlan extends RunAs {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
  /** Added to the few variables an engine inherits. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a program is to see the system when it isn't simply as we do. */
export interface RunAs {
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Where the process runs, unless as another user; it has the folder as descriptor 3, and a later start knows by that what works there (see endStrays). */
  readonly folderAsDescriptor3?: string;
}
