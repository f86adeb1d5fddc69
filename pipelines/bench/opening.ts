/** @file How long a page takes until somebody can use it. */
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";

/** A page at the moment when it has been drawn, and when it has answered a first click. */
export interface Opening {
  /** Seconds from the start of navigation on. */
  readonly drawn: number;
  readonly answered: number;
}

/** Opens the first table of the page, and waits until that is on the screen. */
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
 * Opens a file again and again, each time as if for the first time.
 *
 * @param executablePath of the browser
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
