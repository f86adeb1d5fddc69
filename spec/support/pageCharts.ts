/** @file Charts of a page in a browser: what is drawn in them, and a hand that points at their steps and drags over them. */
import type { Page } from "playwright-core";

/** A chart, found by the beginning of its label. */
export const chartOf = (label: string): string => `main svg[aria-label^=${JSON.stringify(label)}]`;

/** Plot's element of a chart, which knows its scales: the figure around it where there is a legend. */
type Scaled = Element & {
  readonly scale: (name: string) => {
    readonly domain: readonly number[];
    readonly apply: (value: unknown) => number;
  };
};

/** Domain of the axis of steps. */
export const stepsOf = (page: Page, chart: string): Promise<readonly number[]> =>
  page.$eval(chart, (svg) => {
    const plot = ("scale" in svg ? svg : svg.closest("figure")) as unknown as Scaled;
    return [...plot.scale("x").domain];
  });

/** Where a step is on the screen, at a share of the height of the chart; or in the row of a site. */
export const placeOf = async (
  page: Page,
  chart: string,
  step: number,
  across: number | string = 0.5,
): Promise<readonly [x: number, y: number]> => {
  await page.locator(chart).scrollIntoViewIfNeeded();
  return page.$eval(
    chart,
    (svg, [step, across]) => {
      const plot = ("scale" in svg ? svg : svg.closest("figure")) as unknown as Scaled;
      const { left, top, width, height } = svg.getBoundingClientRect();
      const box = (svg as SVGSVGElement).viewBox.baseVal;
      const y = typeof across === "number" ? across * box.height : plot.scale("y").apply(across) + 2;
      const x = plot.scale("x").apply(step);
      return [left + (x * width) / box.width, top + (y * height) / box.height] as const;
    },
    [step, across] as const,
  );
};

/** The lines of the tip that a chart shows while the pointer is at a step. */
export const tipAt = async (
  page: Page,
  chart: string,
  step: number,
  across?: number | string,
): Promise<readonly string[]> => {
  const [x, y] = await placeOf(page, chart, step, across);
  await page.mouse.move(x, y);
  const text = page.locator(`${chart} [aria-label=tip] text`);
  await text.first().waitFor();
  return text
    .first()
    .evaluate((one) =>
      [...(one.children.length > 0 ? one.children : [one])].map((line) =>
        (line.textContent ?? "").replaceAll("\u200b", "").trim(),
      ),
    );
};

/** Drags over a chart from one step to another. */
export const dragOver = async (page: Page, chart: string, from: number, to: number): Promise<void> => {
  const [begin, end] = [await placeOf(page, chart, from), await placeOf(page, chart, to)];
  await page.mouse.move(...begin);
  await page.mouse.down();
  await page.mouse.move((begin[0] + end[0]) / 2, begin[1]);
  await page.mouse.move(...end);
  await page.mouse.up();
};

/** Numbers in a text. */
export const numbersIn = (text: string): readonly number[] =>
  (text.match(/-?(?:\d[\d.]*(?:e[+-]?\d+)?|Infinity)|NaN/g) ?? []).map(Number);
