import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineName } from '../../src/contract/engine.ts';
import type { EngineUse } from '../../src/engines/engines.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import { until } from './until.ts';

const SCRIPT = join(import.meta.dirname, 'engines-child.ts');

/** A pause that another process begins. */
export interface EnginePause {
  readonly engine: EngineName;
  readonly forMs: number;
}

/** Another process that has started, or uses, local engines. */
export class EnginesChild {
  readonly statuses: readonly EngineUse[];
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, statuses: EngineUse[]) {
    this.#process = process;
    this.statuses = statuses;
  }

  /** Resolves when it has its engines, and has begun the pause of one. */
  static async start(settings: EngineSettings, pause?: EnginePause): Promise<EnginesChild> {
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify({ settings, pause })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes('\n')) return new EnginesChild(child, JSON.parse(output));
    }
    throw new Error('the process ended without engines');
  }

  /** One that is killed in the middle of its start, once the condition holds. */
  static async killedWhen(condition: () => boolean, settings: EngineSettings): Promise<void> {
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify({ settings })], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const exit = once(child, 'exit');
    await until(condition, 60_000, 2).finally(() => child.kill('SIGKILL'));
    await exit;
  }

  /** kill -9: its engines stay. */
  async kill(): Promise<void> {
    await this.#end(() => this.#process.kill('SIGKILL'));
  }

  /** Lets it go as it should. */
  async close(): Promise<void> {
    await this.#end(() => this.#process.stdin?.end());
  }

  async #end(action: () => void): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    action();
    await exit;
  }
}
