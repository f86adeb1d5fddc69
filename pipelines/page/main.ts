/** @file The page in a browser: draws what a person looks at, of runs that stand in it or of one that goes on. */

import { unpacked } from "../views/packed.ts";
import type { RunView } from "../views/runView.ts";
import { element } from "./element.ts";
import { fitSection } from "./fitSection.ts";
import { learningSection } from "./learningSection.ts";
import { follow, type Live, liveText } from "./live.ts";
import { type Draw, parts } from "./parts.ts";
import { siteSection } from "./siteSection.ts";
import { summarySection } from "./summarySection.ts";
import type { Steps } from "./zoom.ts";

/** What a person looks at. */
interface Look {
  readonly run: number;
  /** Undefined for the first one. */
  readonly site: string | undefined;
  readonly steps: Steps | undefined;
}

const inflated = async (text: string): Promise<Uint8Array> => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

/** The parts of the page. @param go changes what is looked at */
const partsOf = (run: RunView, look: Look, go: (change: Partial<Look>) => void): readonly Draw[] => {
  const zoom = (steps: Steps | undefined): void => go({ steps });
  const choose = (site: string): void => {
    go({ site });
    document.getElementById("site")?.scrollIntoView({ block: "nearest" });
  };
  return [
    () => element("h1", {}, run.name),
    () => summarySection(run),
    () => learningSection(run, look.steps, zoom),
    () => fitSection(run, look.steps, zoom, choose),
    () => siteSection(run, look.site ?? run.sites[0]?.site ?? "", look.steps, zoom),
  ];
};

/** A page that shows runs, and others in their place when there are newer numbers. @param isLive whether there will be any */
const page = (root: HTMLElement, isLive: boolean): ((runs: readonly RunView[]) => void) => {
  const shown = parts(root, isLive);
  let look: Look = { run: 0, site: undefined, steps: undefined };
  let runs: readonly RunView[] = [];
  const go = (change: Partial<Look>): void => {
    look = { ...look, ...change };
    shown.draw(partsOf(runs[look.run]!, look, go));
  };
  return (newer) => {
    runs = newer;
    shown.update(partsOf(runs[look.run]!, look, go));
    root.dataset.state = "ready";
  };
};

/** Milliseconds from one drawing of newer numbers to the next at least. */
const pace = 500;

/** Shows a run that goes on, twice a second at most, and not while nobody can see it. */
const startLive = (root: HTMLElement, url: string): void => {
  const state = element("p", { id: "live", role: "status" });
  root.before(state);
  const show = page(root, true);
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
  page(root, false)(unpacked(await inflated(text)) as readonly RunView[]);
};

void start();
