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

/**
 * Goes through a page by Tab, so many steps: a line for each element that something covers while it has the focus, or
 * that shows no ring. What moves just then is looked at twice.
 */
export async function badFocusIn(page: Page, steps: number): Promise<string[]> {
  const bad: string[] = [];
  let reached = 0;
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(badFocus)) !== undefined) {
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Tab');
    }
    const one = await page.evaluate(badFocus);
    if (one !== undefined) bad.push(one);
    if (await page.evaluate(() => document.activeElement !== document.body)) reached++;
  }
  return reached > 0 ? bad : ['nothing takes the focus'];
}

/** Runs in the page: what is wrong with how it shows the focus. */
function badFocus(): string | undefined {
  const active = document.activeElement;
  if (active === null || active === document.body) return undefined;
  // A switch is drawn by its label.
  const isSwitch = active instanceof HTMLInputElement && /^(radio|checkbox)$/.test(active.type);
  const shown = (isSwitch && active.labels?.[0]) || active;
  const { left, top, width, height } = shown.getBoundingClientRect();
  const [from, to] = [Math.max(top, 0), Math.min(top + height, innerHeight)];
  const at = document.elementFromPoint(left + width / 2, (from + to) / 2);
  // What is higher than the window can't be seen whole.
  const isHigh = height > innerHeight * 0.75;
  const isCovered = !isHigh && (top < 0 || at === null || !(shown.contains(at) || at.contains(shown)));
  // The kit draws the border of a field in another colour.
  const isField = active.matches('input, textarea, select, .mantine-Input-input');
  const hasRing = isField || getComputedStyle(shown).outlineStyle !== 'none';
  if (!isCovered && hasRing) return undefined;
  return `${isCovered ? 'covered' : 'without a ring'}: ${active.outerHTML.slice(0, 160)}`;
}
