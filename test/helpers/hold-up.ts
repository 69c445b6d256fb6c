import { readFileSync } from 'node:fs';

const TICK_MS = 10;

/** How a server answered `/healthz` while something else was asked of it. */
export interface HoldUp {
  /** CPU time the main thread took for the slowest answer, ms: what the asker would have waited on an idle machine. */
  readonly worstMs: number;
  /** The most memory the process has ever had, bytes. */
  readonly peakBytes: number;
}

/** Asks for `/healthz` of the process again and again while the work goes on. */
export async function holdUpWhile(url: string, pid: number, work: () => Promise<void>): Promise<HoldUp> {
  let worstMs = 0;
  let isDone = false;
  const asking = (async () => {
    while (!isDone) {
      const before = mainThreadMs(pid);
      const answer = await fetch(`${url}/healthz`);
      if (answer.status !== 200) throw new Error(`/healthz answers ${answer.status}`);
      await answer.text();
      worstMs = Math.max(worstMs, mainThreadMs(pid) - before);
    }
  })();
  try {
    await work();
  } finally {
    isDone = true;
    await asking;
  }
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { worstMs, peakBytes: Number(peak) * 1024 };
}

/** User and system time, proc(5). */
function mainThreadMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
