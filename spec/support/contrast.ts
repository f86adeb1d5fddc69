/** @file How well texts of a page can be told from what is behind them. */
import type { Page } from "playwright-core";

/** A text on the screen, and the WCAG 2 contrast of its colour with what it stands on: from 1 to 21. */
export interface TextContrast {
  readonly text: string;
  readonly contrast: number;
}

/** Contrasts of all texts of a page that are shown. */
export const textContrasts = (page: Page): Promise<readonly TextContrast[]> =>
  page.evaluate(() => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    /** Red, green, blue and alpha, whatever space a colour is told in. */
    const rgba = (colour: string): readonly number[] => {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour: readonly number[]): number => {
      const [r, g, b] = colour.map((x) => {
        const share = x / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const behind = (element: Element): readonly number[] => {
      const own = rgba(getComputedStyle(element).backgroundColor);
      if (own[3]! > 200) return own;
      return element.parentElement ? behind(element.parentElement) : [255, 255, 255, 255];
    };
    const shown = [...document.querySelectorAll("body *")].filter(
      (one) =>
        one.checkVisibility({ visibilityProperty: true }) &&
        !/^(script|style|option|title|desc)$/i.test(one.tagName) &&
        [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()),
    );
    return shown.map((one) => {
      const style = getComputedStyle(one);
      const [ink, paper] = [rgba(one instanceof SVGElement ? style.fill : style.color), behind(one)];
      const [a, b] = [luminance(ink), luminance(paper)].sort((x, y) => y - x);
      return { text: one.textContent ?? "", contrast: (a! + 0.05) / (b! + 0.05) };
    });
  });
