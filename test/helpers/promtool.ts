import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs promtool (https://prometheus.io/docs/prometheus/latest/command-line/promtool/): what it says, and how it ends. */
export async function promtool(args: readonly string[], input = ''): Promise<{ code: number | null; said: string }> {
  const child = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, said: output + errors };
}
