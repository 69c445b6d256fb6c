import { afterEach } from 'bun:test';
import { AppPlace } from './app-place.ts';
import { killRunning } from './app-process.ts';

/** Opens places on the tests' engines; after each test what still runs is killed and its places go. */
export function useAppPlaces(): () => Promise<AppPlace> {
  const places: AppPlace[] = [];
  afterEach(async () => {
    await killRunning();
    await Promise.all(places.splice(0).map((place) => place.remove()));
  });
  return async () => {
    const place = await AppPlace.onTestEngines();
    places.push(place);
    return place;
  };
}
