/** @file Time until a page can be used. */
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";

/** Times at which a page was drawn, and at which it has answered a first click. */
export interface Opening {
  /** Seconds since the start of navigation. */
  readonly drawn: number;
  readonly answered: number;
}

/** Opens the first table of the page, and waits until it is on the screen. */
const firstClick = (page: Page): Promise<Opening> =>
  page.evaluate(async () => {
    const onScreen = (): Promise<number> =>
      new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() / 1000)));
      });
    const drawn = await onScreen();
    document.querySelector<HTMLElement>("main details.numbers summary")!.click();
    return { drawn, answered: await onScreen() };
  });

/**
 * Opens a file repeatedly, each time without a cache.
 *
 * @param executablePath path of the browser
 */
export const openings = async (
  executablePath: string,
  file: string,
  times: number,
): Promise<readonly Opening[]> => {
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    const opened: Opening[] = [];
    for (let i = 0; i < times; i++) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      await page.goto(pathToFileURL(file).href);
      await page.waitForSelector("main[data-state=ready]");
      opened.push(await firstClick(page));
      await page.close();
    }
    return opened;
  } finally {
    await browser.close();
  }
};
