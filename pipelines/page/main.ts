/** @file The page in a browser: draws what a person looks at, of runs that stand in it or of one that goes on. */

import { unpacked } from "../views/packed.ts";
import type { RunView } from "../views/runView.ts";
import { siteIn } from "./address.ts";
import { bytesSection } from "./bytesSection.ts";
import { element } from "./element.ts";
import { fitSection } from "./fitSection.ts";
import { header } from "./header.ts";
import { learningSection } from "./learningSection.ts";
import { follow, type Live, liveText } from "./live.ts";
import type { Look, Place } from "./look.ts";
import { type Draw, parts } from "./parts.ts";
import { showSoon } from "./showSoon.ts";
import { followSiteKeys } from "./sitePicker.ts";
import { shownSite, siteSection } from "./siteSection.ts";
import { summarySection } from "./summarySection.ts";

const inflated = async (text: string): Promise<Uint8Array> => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

/** The parts of the page. */
const partsOf = (place: Place, fullWidth: number): readonly Draw[] => [
  () => summarySection(place),
  () => learningSection(place),
  () => fitSection(place),
  () => bytesSection(place),
  () => siteSection({ ...place, width: fullWidth }),
];

/** Pixels of a column of the page, of which there are two where it is wide, and of all of them. */
const widths = (root: HTMLElement): { readonly column: number; readonly full: number } => {
  const { gridTemplateColumns, columnGap } = getComputedStyle(root);
  const columns = gridTemplateColumns.split(" ").map(Number.parseFloat);
  const gaps = (columns.length - 1) * (Number.parseFloat(columnGap) || 0);
  const full = columns.reduce((all, one) => all + one, gaps);
  return { column: Math.max(320, columns[0]!), full: Math.max(320, full) };
};

/** Milliseconds after which a window that is being resized has its new size. */
const settled = 120;

/** Acts when an element has got another width. */
const whenResized = (element: HTMLElement, act: () => void): void => {
  let width = 0;
  let timer: number | undefined;
  new ResizeObserver(() => {
    const before = width;
    width = element.clientWidth;
    if (before === 0 || before === width) return;
    clearTimeout(timer);
    timer = window.setTimeout(act, settled);
  }).observe(element);
};

/**
 * A page that shows runs, and others in their place when there are newer numbers.
 *
 * @param live the state of a run that goes on; missing where there will be no newer numbers
 */
const page = (root: HTMLElement, live?: HTMLElement): ((runs: readonly RunView[]) => void) => {
  const bar = element("div", { class: "bar" });
  root.before(bar);
  const head = parts(bar, false);
  const shown = parts(root, live !== undefined);
  let look: Look = { run: 0, choices: {}, site: siteIn(location.hash) };
  let runs: readonly RunView[] = [];
  const draws = (): readonly Draw[] => {
    const { column, full } = widths(root);
    return partsOf({ run: runs[look.run]!, look, go, width: column, isLive: live !== undefined }, full);
  };
  const heads = (): readonly Draw[] => [() => header(runs, look, go, live)];
  const draw = (): void => {
    head.draw(heads());
    shown.draw(draws());
  };
  const go = (change: Partial<Look>): void => {
    look = { ...look, ...change };
    draw();
  };
  addEventListener("hashchange", () => {
    const site = siteIn(location.hash);
    if (runs.length === 0 || (site === undefined && location.hash !== "")) return;
    go({ site });
    if (site !== undefined) showSoon("site");
  });
  followSiteKeys(() => {
    const run = runs[look.run];
    return { sites: run?.sites ?? [], shown: run && shownSite({ run, look }) };
  });
  whenResized(root, () => {
    if (runs.length > 0) draw();
  });
  return (newer) => {
    runs = newer;
    head.update(heads());
    shown.update(draws());
    if (root.dataset.state !== "ready" && look.site !== undefined)
      document.getElementById("site")?.scrollIntoView();
    root.dataset.state = "ready";
  };
};

/** Milliseconds from one drawing of newer numbers to the next at least. */
const pace = 500;

/** Shows a run that goes on, twice a second at most, and not while nobody can see it. */
const startLive = (root: HTMLElement, url: string): void => {
  const state = element("p", { id: "live", role: "status" });
  const show = page(root, state);
  let newest: Live | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let timer: number | undefined;
  const draw = (): void => {
    timer = undefined;
    if (!newest || document.hidden) return;
    last = performance.now();
    show([newest.view]);
  };
  const drawSoon = (): void => {
    if (timer === undefined) timer = window.setTimeout(draw, Math.max(0, last + pace - performance.now()));
  };
  document.addEventListener("visibilitychange", drawSoon);
  follow(url, (live) => {
    newest = live;
    state.textContent = liveText(live);
    state.dataset.state = live.isConnected ? live.status.state : "lost";
    drawSoon();
  });
};

const start = async (): Promise<void> => {
  const root = document.querySelector("main")!;
  const url = document.getElementById("live-events")?.textContent;
  if (url) return startLive(root, url);
  const text = document.getElementById("runs")?.textContent ?? "";
  page(root)(unpacked(await inflated(text)) as readonly RunView[]);
};

void start();
