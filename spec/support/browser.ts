/**
 * @file Pages in a real Chromium, the one that `chromium` (or what RANGEFLOW_CHROMIUM names) starts; without one there is nothing to try.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { suite, type Test } from "uvu";
import { chromiumPath } from "../../pipelines/bench/chromium.ts";
import { reportPage } from "../../pipelines/report/reportPage.ts";
import type { RunView } from "../../pipelines/views/runView.ts";
import type { StudyView } from "../../pipelines/views/studyView.ts";
import { scratch } from "../pipelines/files/scratch.ts";

/** A page in the browser, and what it should have none of. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, and errors that nobody has caught. */
  readonly complaints: readonly string[];
  /** Addresses that it has asked for, but its own. */
  readonly requests: readonly string[];
}

export interface BrowserSuite {
  /** A test; it is skipped where there is no browser. */
  readonly test: (title: string, act: () => Promise<void>) => void;
  /** Opens an address; what the test has opened is closed with the browser. */
  readonly open: (url: string, options?: BrowserContextOptions) => Promise<OpenPage>;
  /** Opens the report of some runs from the disk, and waits until it is drawn. */
  readonly openReport: (
    runs: readonly RunView[],
    options?: BrowserContextOptions,
    study?: StudyView,
  ) => Promise<OpenPage>;
  readonly run: () => void;
}

/** A suite with one browser for all of its tests. */
export const browserSuite = (name: string): BrowserSuite => {
  const executablePath = chromiumPath();
  const tests: Test = suite(name);
  let browser: Browser | undefined;
  tests.before(async () => {
    if (executablePath !== undefined)
      browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--disable-dev-shm-usage"],
      });
  });
  tests.after(() => browser?.close());

  const open: BrowserSuite["open"] = async (url, options = {}) => {
    const page = await browser!.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("request", (request) => {
      if (request.url() !== url) requests.push(request.url());
    });
    await page.goto(url);
    return { page, complaints, requests };
  };
  return {
    test: (title, act) => (executablePath === undefined ? tests.skip(title) : tests(title, act)),
    open,
    openReport: async (runs, options, study) => {
      const file = join(scratch(), "report.html");
      writeFileSync(file, reportPage(runs, study));
      const opened = await open(pathToFileURL(file).href, options);
      await opened.page.waitForSelector("main[data-state=ready]");
      return opened;
    },
    run: () => tests.run(),
  };
};
