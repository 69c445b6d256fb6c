import { expect } from 'bun:test';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

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
  readonly #isFirst: boolean;
  /** What the pages complained about: errors of scripts, of the console, of the content security policy. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser, context: BrowserContext, isFirst: boolean) {
    context.setDefaultTimeout(PATIENCE_MS);
    this.#browser = browser;
    this.#context = context;
    this.#isFirst = isFirst;
  }

  /** Starts the system's Chromium, or the one in CHROMIUM_PATH. */
  static async start(options: BrowserContextOptions = {}): Promise<TestBrowser> {
    const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
    const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
    return new TestBrowser(browser, await browser.newContext({ ...USUAL, ...options }), true);
  }

  /** Another profile in the same browser; close it before that. */
  async other(options: BrowserContextOptions): Promise<TestBrowser> {
    const context = await this.#browser.newContext({ ...USUAL, ...options });
    return new TestBrowser(this.#browser, context, false);
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
    if (this.#isFirst) await this.#browser.close();
  }
}
