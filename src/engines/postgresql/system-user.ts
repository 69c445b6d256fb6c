import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { AppError } from '../../lib/app-error.ts';

/** A user of the system, by number. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who PostgreSQL runs as: undefined is whoever runs this process; root, as which PostgreSQL refuses to run, gives way
 * to `nobody`, which every system has and which owns nothing.
 * @throws AppError `engine_start_failed` for root on a system without `nobody`
 */
export function postgresqlUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = findUser(readFileSync('/etc/passwd', 'utf8'), 'nobody');
  if (user) return user;
  const message =
    'PostgreSQL does not run as root, and there is no user “nobody” to run it as: use another user';
  throw new AppError('engine_start_failed', message);
}

/** The user's numbers in the text of /etc/passwd. */
export function findUser(passwd: string, name: string): SystemUser | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((line) => line[0] === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  // macOS writes -2; the system calls take it as unsigned.
  return fields && Number.isInteger(uid) && Number.isInteger(gid)
    ? { uid: uid >>> 0, gid: gid >>> 0 }
    : undefined;
}

/** True when the user may execute the file: tried, because modes alone don't tell (ACLs, mounts, parents). */
export function reaches(user: SystemUser, file: string): boolean {
  return spawnSync(file, ['--version'], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
