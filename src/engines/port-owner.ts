import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The process that listens on a TCP port of this machine; undefined where that can't be seen. Linux only. */
export function portOwner(port: number): { pid: number; command: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  const inodes = new Set(
    ['tcp', 'tcp6'].flatMap((table) => listeningInodes(read(`/proc/net/${table}`), port)),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode && inodes.has(inode)) return { pid: Number(pid), command: read(`/proc/${pid}/comm`).trim() };
    }
  }
  return undefined;
}

/** Inodes of the sockets in state LISTEN (0A) on the port, from the text of /proc/net/tcp. */
export function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    return fields[1]?.endsWith(`:${hexPort}`) && fields[3] === '0A' && inode ? [inode] : [];
  });
}

function list(path: string): string[] {
  return attempt(() => readdirSync(path), []);
}

function read(path: string): string {
  return attempt(() => readFileSync(path, 'utf8'), '');
}

function link(path: string): string {
  return attempt(() => readlinkSync(path), '');
}

/** Processes come and go, and some are not ours to look at: what can't be read is as good as absent. */
function attempt<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}
