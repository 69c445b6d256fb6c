import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from './metrics-page.ts';

/** Each sample wakes the process. */
const RESOLUTION_MS = 50;

/** How long the event loop keeps a timer waiting. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#histogram.enable();
  }

  /** The longest delay since the last call, ms. */
  takeWorst(): number {
    const worst = this.#histogram.max / 1e6;
    this.#histogram.reset();
    return worst;
  }

  close(): void {
    this.#histogram.disable();
  }
}

let lastMemory = { rss: 0, heapUsed: 0, heapTotal: 0, external: 0 };

/** Memory of this process, bytes. While no file can be opened it can't be read, and the last values hold. */
function memoryUsage(): Readonly<Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed' | 'heapTotal' | 'external'>> {
  try {
    lastMemory = process.memoryUsage();
  } catch {
    // It is read from a file in /proc.
  }
  return lastMemory;
}

/** The same for live figures. */
export function processFigures(loopDelay: LoopDelay) {
  const { rss, heapUsed } = memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    cpuMs: (user + system) / 1000,
    loopDelayMs: loopDelay.takeWorst(),
    uptimeSeconds: process.uptime(),
  };
}

/** What a process tells of itself. `loopDelayMs`: see LoopDelay. Bun tells nothing of its garbage collections. */
export function processMetrics(version: string, loopDelayMs: () => number): Metric[] {
  return [
    {
      name: 'test_service_build_info',
      type: 'gauge',
      help: '1; the version of the service',
      label: 'version',
      read: () => ({ [version]: 1 }),
    },
    {
      name: 'test_service_event_loop_delay_seconds',
      type: 'gauge',
      help: 'The longest a timer waited for the event loop: in the last second, or without a server since the last scrape',
      read: () => loopDelayMs() / 1000,
    },
    {
      name: 'test_service_heap_bytes',
      type: 'gauge',
      help: 'Memory of JavaScript objects: used, what is set aside for them, and what they hold outside of the heap',
      label: 'kind',
      read: () => {
        const { heapUsed, heapTotal, external } = memoryUsage();
        return { used: heapUsed, total: heapTotal, external };
      },
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Resident memory size in bytes',
      read: () => memoryUsage().rss,
    },
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Total user and system CPU time spent in seconds',
      read: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'Start time of the process since the Unix epoch in seconds',
      read: () => Math.round(Date.now() / 1000 - process.uptime()),
    },
    {
      name: 'process_open_fds',
      type: 'gauge',
      help: 'Number of open file descriptors; absent where the system does not tell',
      read: () => readdirSync('/proc/self/fd').length,
    },
  ];
}
