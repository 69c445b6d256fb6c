import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReport } from '../../src/cmd/app/commands/verify-report.ts';
import type { CampaignResult } from './campaign.ts';
import { describeEvent, type Schedule } from './schedule.ts';

const TAIL_LINES = 15;
const TAIL_WIDTH = 400;

/** What was done and what came of it, in a few lines. */
export function summarize(result: CampaignResult): string {
  const { report, done, missed, sent, seconds, drainSeconds, consumerStarts, failedStarts } = result;
  const events = [...done.values()].reduce((total, count) => total + count, 0);
  const rows = [
    ['events', `${events}: ${counted(done)}`],
    ...(missed.size === 0 ? [] : [['without effect', counted(missed)]]),
    ['consumers', `${consumerStarts} processes started, ${failedStarts} of them while an engine was down`],
    ['batches', counted(result.batches)],
    ['produced', `${report?.total.produced ?? 'unknown'}, ${sent} acknowledged`],
    ...(report === undefined
      ? []
      : [
          ['stored', `${report.total.stored}, ${report.total.superseded} superseded by later messages`],
          ['identical', `${report.total.identical}`],
          ['dead letters', `${report.total.deadLettered}, ${report.deadLetters.repeated} written again after a kill`],
          ['pending', `${report.total.pending}`],
          ['lost', `${report.total.lost}`],
        ]),
    ['time', `${seconds.toFixed(0)} s, the last ${drainSeconds.toFixed(0)} s to drain and verify`],
  ];
  return rows.map(([name = '', text = '']) => `${name.padEnd(15)} ${text}`).join('\n');
}

/** All that is needed to understand a failure and to see it again. */
export function explainFailure(
  { problems, report }: Pick<CampaignResult, 'problems' | 'report'>,
  schedule: Schedule,
  folder: string,
): string {
  return [
    `seed ${schedule.seed}`,
    ...schedule.events.map(describeEvent),
    '',
    ...(report === undefined ? [] : [renderReport(report), '']),
    ...logTails(folder),
    'problems:',
    ...problems.map((problem) => `  ${problem}`),
  ].join('\n');
}

function counted(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}

function logTails(folder: string): string[] {
  const folders = [join(folder, 'logs'), join(folder, 'data/logs')].filter((path) => existsSync(path));
  const files = folders.flatMap((path) => readdirSync(path).map((name) => join(path, name)));
  return files.flatMap((file) => {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
    return [`the end of ${file}:`, ...lines.map((line) => `  ${line.slice(0, TAIL_WIDTH)}`), ''];
  });
}
