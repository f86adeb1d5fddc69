/** @file Scrolls to a part of the page once a click cannot be the first half of a double click. */

/** Milliseconds within which a second click makes a double click. */
const doubleClick = 300;

/** Pixels of a part that must be visible to notice that it has changed. */
const enough = 150;

/** Scrolls to a part of which nothing is visible, unless the user scrolls, presses anything or changes the page before. */
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
