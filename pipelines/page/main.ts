/** @file The page in a browser: draws embedded runs, or a run in progress. */

import { unpacked } from "../views/packed.ts";
import type { ReportView } from "../views/studyView.ts";
import { siteIn } from "./address.ts";
import { bytesSection } from "./bytesSection.ts";
import { comparisonParts } from "./compareSections.ts";
import { detectionSection } from "./detectionSection.ts";
import { element } from "./element.ts";
import { fitSection } from "./fitSection.ts";
import { header } from "./header.ts";
import { learningSection } from "./learningSection.ts";
import { follow, type Live, liveState, liveText } from "./live.ts";
import { allRuns, type Look, type Place } from "./look.ts";
import { type Draw, parts } from "./parts.ts";
import { runAddress, runAt } from "./runAddress.ts";
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
  ...(place.run.state === "imported" ? [] : [() => learningSection(place)]),
  () => fitSection(place),
  ...(place.run.state === "imported" ? [] : [() => bytesSection(place)]),
  ...(place.run.detections ? [() => detectionSection(place)] : []),
  () => siteSection({ ...place, width: fullWidth }),
];

/** Width in pixels of a column of the page, of which a wide page has two, and of both. */
const widths = (root: HTMLElement): { readonly column: number; readonly full: number } => {
  const { gridTemplateColumns, columnGap } = getComputedStyle(root);
  const columns = gridTemplateColumns.split(" ").map(Number.parseFloat);
  const gaps = (columns.length - 1) * (Number.parseFloat(columnGap) || 0);
  const full = columns.reduce((all, one) => all + one, gaps);
  return { column: Math.max(320, columns[0]!), full: Math.max(320, full) };
};

/** Milliseconds without change after which resizing has ended. */
const settled = 120;

/** Calls a function when the width of an element has changed. */
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
 * A page that shows runs, and replaces them when there are newer numbers.
 *
 * @param live element with the state of a run in progress; undefined if there will be no newer numbers
 * @returns takes a report, and whether it is the last
 */
const page = (root: HTMLElement, live?: HTMLElement): ((report: ReportView, isLast: boolean) => void) => {
  const bar = element("div", { class: "bar" });
  root.before(bar);
  const head = parts(bar, false);
  const shown = parts(root, live !== undefined);
  let look: Look | undefined;
  let report: ReportView = { runs: [] };
  const hasComparison = (): boolean => report.runs.length > 1 || report.study !== undefined;
  const draws = (at: Look): readonly Draw[] => {
    const { runs, study } = report;
    const { column, full } = widths(root);
    const place = { look: at, go, width: column };
    const run = runs[at.run];
    return run
      ? partsOf({ ...place, run, isLive: live !== undefined }, full)
      : comparisonParts({ ...place, runs, study, fullWidth: full });
  };
  const heads = (at: Look): readonly Draw[] => [() => header(report.runs, at, go, hasComparison(), live)];
  const draw = (at: Look): void => {
    look = at;
    head.draw(heads(at));
    shown.draw(draws(at));
  };
  const go = (change: Partial<Look>): void => {
    if (look) draw({ ...look, ...change });
  };
  addEventListener("hashchange", () => {
    if (!look) return;
    const site = siteIn(location.hash);
    const run = hasComparison() ? runAt(location.hash, report.runs) : undefined;
    const before = hasComparison() ? report.runs[look.run] : undefined;
    if (site === undefined && run === undefined && location.hash !== "") return;
    // The address of a site does not contain its run. One that is kept should.
    if (site !== undefined && run === undefined && before)
      history.replaceState(null, "", `${runAddress(before.name)}&${location.hash.slice(1)}`);
    const isOther = run !== undefined && run !== look.run;
    go({ ...((site !== undefined || !isOther) && { site }), ...(isOther && { run, steps: undefined }) });
    if (site !== undefined && document.getElementById("site")) showSoon("site");
    else if (isOther) scrollTo(0, 0);
  });
  followSiteKeys(() => {
    const run = report.runs[look?.run ?? allRuns];
    return { sites: run?.sites ?? [], shown: run && look && shownSite({ run, look }) };
  });
  whenResized(root, () => {
    if (look) draw(look);
  });
  return (newer, isLast) => {
    report = newer;
    look ??= {
      run: hasComparison() ? (runAt(location.hash, report.runs) ?? allRuns) : 0,
      choices: {},
      site: siteIn(location.hash),
    };
    head.update(heads(look));
    shown.update(draws(look));
    if (isLast) shown.settle();
    if (root.dataset.state !== "ready" && look.site !== undefined)
      document.getElementById("site")?.scrollIntoView();
    root.dataset.state = "ready";
  };
};

/** Least number of milliseconds between redraws. */
const pace = 500;

/** Shows a run in progress, redrawn at most twice a second, and not while the page is hidden. */
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
    show({ runs: [newest.view] }, newest.status.state !== "live");
  };
  const drawSoon = (): void => {
    if (timer === undefined) timer = window.setTimeout(draw, Math.max(0, last + pace - performance.now()));
  };
  document.addEventListener("visibilitychange", drawSoon);
  follow(url, (live) => {
    newest = live;
    state.textContent = liveText(live);
    state.dataset.state = liveState(live);
    // Screen readers announce changes of the state, not every step.
    state.setAttribute("aria-live", state.dataset.state === "live" ? "off" : "polite");
    drawSoon();
  });
};

const start = async (): Promise<void> => {
  const root = document.querySelector("main")!;
  const url = document.getElementById("live-events")?.textContent;
  if (url) return startLive(root, url);
  const text = document.getElementById("runs")?.textContent ?? "";
  page(root)(unpacked(await inflated(text)) as ReportView, true);
};

void start();
