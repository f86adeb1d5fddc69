/** @file Scrolls to a part of the page, once it is clear that a click is no half of a double one. */

/** Milliseconds in which a second click makes a double click of both. */
const doubleClick = 300;

/** Pixels of a part that are enough to see that it has changed. */
const enough = 150;

/** Scrolls to a part of which nothing is in view, unless a person scrolls, presses anything or turns to another page before. */
export const showSoon = (id: string): void => {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort();
    const part = document.getElementById(id);
    if (part === null) return;
    const { top, bottom } = part.getBoundingClientRect();
    if (bottom < enough || top > innerHeight - enough) part.scrollIntoView();
  }, doubleClick);
  const cancel = (): void => {
    clearTimeout(timer);
    over.abort();
  };
  for (const type of ["scroll", "pointerdown", "keydown", "hashchange"])
    addEventListener(type, cancel, { capture: true, signal: over.signal });
};
