let last = { rss: 0, heapUsed: 0 };

/** Memory of this process, bytes. While no file can be opened, nobody can tell, and what was last known counts. */
export function memoryUsage(): Readonly<Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed'>> {
  try {
    last = process.memoryUsage();
  } catch {
    // The system tells by a file.
  }
  return last;
}
