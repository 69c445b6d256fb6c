import { mkdir } from 'node:fs/promises';
import { AppPlace } from './app-place.ts';
import { killRunning, startApp } from './app-process.ts';
import { TestBrowser } from './browser.ts';

/** Where pictures go; ignored by git. */
export const SHOTS = new URL('../../.artifacts/', import.meta.url).pathname;

/** The running service on the tests' engines, and a browser to look at its console with. */
export interface ConsoleApp {
  readonly place: AppPlace;
  readonly browser: TestBrowser;
  /** Kills the service; resolves when it has ended. */
  readonly kill: () => Promise<void>;
  /** Starts it again with the same settings, after it was killed. */
  readonly restart: () => Promise<void>;
}

/** Starts both, the service with these settings beside those of its place. */
export async function openConsole(settings: Readonly<Record<string, string>>): Promise<ConsoleApp> {
  await mkdir(SHOTS, { recursive: true });
  const place = await AppPlace.onTestEngines();
  const start = () => startApp(['run', '--json'], { env: { ...place.env, ...settings } });
  let app = start();
  const [browser] = await Promise.all([TestBrowser.start(), app.untilUp()]);
  const kill = async () => {
    app.kill('SIGKILL');
    await app.exited;
  };
  const restart = async () => {
    app = start();
    await app.untilUp();
  };
  return { place, browser, kill, restart };
}

/** Ends both, and whatever else was started; what did not come to be started is undefined. */
export async function closeConsole(app: Partial<Pick<ConsoleApp, 'place' | 'browser'>> | undefined): Promise<void> {
  await app?.browser?.close();
  await killRunning();
  await app?.place?.remove();
}
