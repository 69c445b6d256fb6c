import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuOf } from './proc.ts';

/** How the next order is chosen: in turn, or mostly from the first few (Zipf, exponent 1). */
export type Choice = 'round robin' | 'zipf';

export interface WrkOptions {
  /** Base address. */
  readonly url: string;
  /** The orders asked for. */
  readonly uids: readonly string[];
  readonly choice?: Choice;
  readonly connections: number;
  /** Requests per second, on schedule; latencies then count from when each was due. Without it as fast as answered. */
  readonly rate?: number;
  readonly seconds: number;
  /** A folder for the script and its data. */
  readonly folder: string;
  /** The server, for its CPU; several when it has several processes. */
  readonly pids: readonly number[];
  readonly signal: AbortSignal;
}

export interface WrkResult {
  readonly requests: number;
  /** Requests per second. */
  readonly rate: number;
  /** CPU of the server per request, µs. */
  readonly cpu: number;
  /** ms; of a closed loop, so it grows with `connections`. */
  readonly p50: number;
  readonly p99: number;
}

const run = promisify(execFile);
// Requests are formatted once; which is next costs a step or a logarithm.
const SCRIPT = `
local requests = {}
local at = 0
local zipf = false
init = function(args)
  zipf = args[2] == "zipf"
  math.randomseed(1)
  for uid in io.lines(args[1]) do requests[#requests + 1] = wrk.format("GET", "/api/v1/orders/" .. uid) end
end
request = function()
  if zipf then return requests[math.floor((#requests) ^ math.random())] end
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"us":%d,"failed":%d,"p50":%f,"p99":%f}\\n', summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`;

/** https://github.com/giltene/wrk2 */
export function hasWrk2(): boolean {
  return Bun.which('wrk2') !== null;
}

/**
 * Has wrk, on one thread, ask for orders as fast as they are answered; or wrk2, at a rate.
 * @throws when an answer is missing or is no 2xx, and when wrk is not installed
 */
export async function wrk(options: WrkOptions): Promise<WrkResult> {
  const { url, uids, choice = 'round robin', connections, seconds, rate, folder, pids, signal } = options;
  const script = join(folder, 'wrk.lua');
  const list = join(folder, 'uids');
  writeFileSync(script, SCRIPT);
  writeFileSync(list, uids.join('\n'));
  const cpu = (): number => pids.reduce((sum, pid) => sum + (cpuOf(pid) ?? 0), 0);
  const before = cpu();
  const paced = rate === undefined ? [] : [`-R${rate}`];
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, ...paced, '-s', script, url, '--', list, choice];
  const { stdout } = await run(rate === undefined ? 'wrk' : 'wrk2', args, { signal }).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw missing ? new Error('wrk is not installed: apt-get install wrk') : error;
  });
  const used = cpu() - before;
  const found: { requests: number; us: number; failed: number; p50: number; p99: number } = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  );
  if (found.failed > 0 || found.requests === 0) throw new Error(`${found.failed} of ${found.requests} lookups failed`);
  return {
    requests: found.requests,
    rate: (found.requests / found.us) * 1e6,
    cpu: used / found.requests,
    p50: found.p50 / 1000,
    p99: found.p99 / 1000,
  };
}
