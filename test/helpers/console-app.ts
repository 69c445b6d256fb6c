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
}

/** Starts both, the service with these settings beside those of its place. */
export async function openConsole(settings: Readonly<Record<string, string>>): Promise<ConsoleApp> {
  await mkdir(SHOTS, { recursive: true });
  const place = await AppPlace.onTestEngines();
  const app = startApp(['run', '--json'], { env: { ...place.env, ...settings } });
  const [browser] = await Promise.all([TestBrowser.start(), app.untilUp()]);
  return { place, browser };
}

/** Ends both, and whatever else was started; what did not come to be started is undefined. */
export async function closeConsole({
  place,
  browser,
}: {
  readonly place: AppPlace | undefined;
  readonly browser: TestBrowser | undefined;
}): Promise<void> {
  await browser?.close();
  await killRunning();
  await place?.remove();
}
