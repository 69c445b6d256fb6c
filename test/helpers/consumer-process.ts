import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ConsumerPlace } from './compose-consumer.ts';
import type { KillPoint } from './kill-points.ts';

const SCRIPT = join(import.meta.dirname, 'consumer-child.ts');

/** Runs a consumer process until it has killed itself at that point. Resolves with the signal that ended it. */
export async function consumeUntilKilled(place: ConsumerPlace, at: KillPoint): Promise<string> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify({ place, at })], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  return String(signal ?? `exit code ${code}`);
}
