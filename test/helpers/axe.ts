import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What axe finds wrong with a page's accessibility: a line for each rule and the first places that break it. */
export async function seriousIn(page: Page): Promise<string[]> {
  // Colours that are still changing have the contrast of neither state.
  await page.evaluate(() => {
    const ends = (one: Animation) => one.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY;
    const ending = document.getAnimations().filter(ends);
    return Promise.all(ending.map((one) => one.finished.catch(() => {})));
  });
  // As an expression of the debugger: a script element would break the page's security policy.
  await page.evaluate(SOURCE);
  const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return violations.map(({ id, nodes }) => {
    const places = nodes.slice(0, 3).map(({ target, failureSummary }) => `${target}: ${failureSummary}`);
    return `${id}: ${places.join(' | ')}`;
  });
}
