/** Prints the engines a start would have to run locally, one a line: for the set-up to know what they need. */
import { loadConfig } from '../src/cmd/app/config.ts';
import { engineSettings } from '../src/cmd/app/environment.ts';
import { reportEngines } from '../src/engines/report.ts';

const statuses = await reportEngines(engineSettings(loadConfig()));
const names = statuses.filter(({ next }) => next === 'start').map(({ engine }) => `${engine}\n`);
process.stdout.write(names.join(''));
