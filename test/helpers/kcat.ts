import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs kcat against a broker; its standard output. @throws when it fails */
export async function kcat(broker: string, args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
  const child = spawn('kcat', ['-q', '-b', broker, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} failed: ${errors}`);
  return output;
}

/** Where each partition of a topic ends. */
export async function endOffsets(broker: string, topic: string, partitions: number): Promise<number[]> {
  const asked = Array.from({ length: partitions }, (_, partition) => ['-t', `${topic}:${partition}:-1`]);
  const output = await kcat(broker, ['-Q', ...asked.flat()]);
  return [...output.matchAll(/offset (\d+)/g)].map((match) => Number(match[1]));
}

/** Every message of a topic, a line each, in kcat's format. */
export function messages(broker: string, topic: string, format: string): Promise<string> {
  return kcat(broker, ['-C', '-t', topic, '-o', 'beginning', '-e', '-f', `${format}\n`]);
}
