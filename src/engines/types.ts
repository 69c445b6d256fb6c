import type { EngineName } from '../contract/engine.ts';
import type { Address } from '../lib/address.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Answer } from './probes.ts';

/** Where the engines should answer, and where local ones keep their data. */
export interface EngineSettings {
  /** auto: start a local engine where none answers. off: use only engines that answer. */
  readonly mode: 'auto' | 'off';
  /** Absolute path. Nothing is written there unless a local engine is needed. */
  readonly dataDir: string;
  readonly postgresqlUrl: string;
  /** Sessions need certificates, or a password from a file, which a local PostgreSQL does not have. */
  readonly postgresqlSecured?: boolean;
  readonly brokers: readonly string[];
  /** Of a Kafka with TLS or a login, for which no local one stands in. */
  readonly probeSecuredKafka?: EngineDefinition['probe'];
  /** See `parseRedisUrls`. */
  readonly redisUrl: string;
  readonly redisPasswordInFile?: boolean;
}

/** `run`: engines live as long as the processes that use them. `up`: they live until they are stopped by command. */
export type EngineOwner = 'run' | 'up';

/** Says what a start is doing now, for people: long steps only (a download, a recovery). */
export type ProgressListener = (progress: { readonly engine: EngineName; readonly step: string }) => void;

/** What differs between the engines; starting, adopting and stopping are the same for all. */
export interface EngineDefinition {
  readonly name: EngineName;
  /** Its name for people. */
  readonly title: string;
  /** The one that answers is used; a local engine takes the first loopback address. */
  readonly addresses: readonly Address[];
  /** Why a local one may not stand in for it, in a sentence; undefined when one may. */
  readonly notLocal: string | undefined;
  /** The service works without it, too: with local engines off, a start does not wait for it. */
  readonly optional: boolean;
  /** How long a start may take, including recovery after a kill. */
  readonly readyTimeoutMs: number;
  readonly stop: StopPolicy;
  /**
   * Whether this engine answers there; `timeoutMs` bounds the whole exchange, but for a login.
   * @throws AppError when it is there and refuses us until a setting is changed, which the message names
   */
  probe(address: Address, timeoutMs: number): Promise<Answer>;
  /** The version of the engine there, for one that tells it without a login. Never throws. */
  versionAt?(address: Address, timeoutMs: number): Promise<string | undefined>;
  /** Checks that this machine can start a local one. @throws AppError `engine_missing`, `engine_start_failed` */
  check(): Promise<void>;
  /** Prepares the data folder and its files, also after an unfinished call, and returns what to execute. */
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

/** As whom and where a program runs. */
export interface RunAs {
  readonly user?: { readonly uid: number; readonly gid: number };
  /** The working folder, unless `user` is set. Open as descriptor 3, by which `endStrays` finds what works there. */
  readonly folderAsDescriptor3?: string;
}
