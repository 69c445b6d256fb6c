import { expect } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { createTempDir } from './temp-dir.ts';

/** As Playwright starts it, but for its pipe; nothing a test looks at may be slowed down in the background. */
const ARGUMENTS = [
  '--headless',
  '--remote-debugging-port=0',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-component-update',
  '--disable-extensions',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
  '--no-default-browser-check',
  '--no-first-run',
  '--password-store=basic',
];
/** Chromium writes its address to stderr. */
const LISTENING = /DevTools listening on (ws:\S+)/;

/** For whatever a page is to do or to show: eight pages at once are slow on a busy machine. */
const PATIENCE_MS = 120_000;

const USUAL: BrowserContextOptions = {
  locale: 'en-GB',
  timezoneId: 'Europe/Berlin',
  viewport: { width: 1280, height: 860 },
};

/** A real headless Chromium, or one more profile of it: cookies, storage, language, size and colours of its own. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #end: () => Promise<void>;
  /** What the pages complained about: errors of scripts, of the console, of the content security policy. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser, context: BrowserContext, end: () => Promise<void>) {
    context.setDefaultTimeout(PATIENCE_MS);
    this.#browser = browser;
    this.#context = context;
    this.#end = end;
  }

  /** Starts the system's Chromium, or the one in CHROMIUM_PATH. */
  static async start(options: BrowserContextOptions = {}): Promise<TestBrowser> {
    const profile = createTempDir('test-chromium-');
    // Playwright would speak to it through pipes, which can stall for good under Bun
    // (https://github.com/microsoft/playwright/issues/42801).
    const child = spawn(
      process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      [...ARGUMENTS, `--user-data-dir=${profile.path}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const end = async () => {
      // Asked to, it ends its helpers first, which write to the profile.
      if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
      profile.remove();
    };
    try {
      const browser = await chromium.connectOverCDP(await addressOf(child), { timeout: PATIENCE_MS });
      return new TestBrowser(browser, await browser.newContext({ ...USUAL, ...options }), async () => {
        await browser.close();
        await end();
      });
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Another profile in the same browser; close it before that. */
  async other(options: BrowserContextOptions): Promise<TestBrowser> {
    const context = await this.#browser.newContext({ ...USUAL, ...options });
    return new TestBrowser(this.#browser, context, async () => {});
  }

  /** Opens a page in a tab of its own. */
  async open(url: string): Promise<Page> {
    const page = await this.#context.newPage();
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // Chromium writes a line for every answer of 400 and up; the page shows those itself.
      const expected = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !expected) this.complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  /** Closes the tabs. */
  async closePages(): Promise<void> {
    await Promise.all(this.#context.pages().map((page) => page.close()));
  }

  /** Closes the tabs, and expects that none has complained since the last time. */
  async endTest(): Promise<void> {
    await this.closePages();
    expect(this.complaints.splice(0)).toEqual([]);
  }

  /** Ends the profile, and with the first one the browser. */
  async close(): Promise<void> {
    await this.#context.close();
    await this.#end();
  }
}

/** Where the browser listens; what else it says is read and left, since a full pipe would stop it. */
async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the stderr of Chromium is not a pipe');
  const lines = createInterface({ input: child.stderr });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  lines.on('line', (line) => {
    const address = LISTENING.exec(line)?.[1];
    if (address !== undefined) resolve(address);
    said = `${said}${line}\n`.slice(-2_000);
  });
  child.once('error', reject);
  lines.once('close', () => reject(new Error(`Chromium ended before it listened: ${said}`)));
  return await promise;
}
