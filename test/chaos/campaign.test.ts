import { expect, test } from 'bun:test';
import { createTempDir } from '../helpers/temp-dir.ts';
import { runCampaign } from './campaign.ts';
import { explainFailure, summarize } from './report.ts';
import { CHAOS_KINDS, describeEvent, planSampler } from './schedule.ts';

const SEED = 20_260;
const GAP_MS = 2_200;

test('every kind of kill and outage once, on a system at work: every message is accounted for', async () => {
  const { path: folder, remove } = createTempDir('test-service-tests-');
  const schedule = planSampler(SEED, GAP_MS);
  const lines: string[] = [`seed ${SEED}`, ...schedule.events.map(describeEvent), ''];
  try {
    const { signal } = new AbortController();
    const result = await runCampaign({
      schedule,
      rate: 80,
      folder,
      signal,
      print: (line) => lines.push(line),
    });
    if (result.problems.length > 0) {
      console.log([...lines, summarize(result), explainFailure(result, schedule, folder)].join('\n'));
    }
    expect(result.problems).toEqual([]);
    expect(result.report?.ok).toBe(true);
    expect(CHAOS_KINDS.filter((kind) => !result.done.has(kind))).toEqual([]);
    expect(result.report?.total.produced).toBeGreaterThan(1_000);
    expect(result.report?.total.deadLettered).toBeGreaterThan(50);
    expect(result.report?.total.pending).toBe(0);
  } finally {
    remove();
  }
}, 600_000);
