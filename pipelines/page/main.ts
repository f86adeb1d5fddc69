/** @file The page of a report in a browser: unpacks the runs that stand in it, and draws what a person looks at. */

import { unpacked } from "../views/packed.ts";
import type { RunView } from "../views/runView.ts";
import { element } from "./element.ts";
import { fitSection } from "./fitSection.ts";
import { learningSection } from "./learningSection.ts";
import { siteSection } from "./siteSection.ts";
import { summarySection } from "./summarySection.ts";
import type { Steps } from "./zoom.ts";

/** What a person looks at. */
interface Look {
  readonly run: number;
  readonly site: string;
  readonly steps: Steps | undefined;
}

const inflated = async (text: string): Promise<Uint8Array> => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

const render = (root: HTMLElement, runs: readonly RunView[], look: Look): void => {
  const run = runs[look.run]!;
  const go = (change: Partial<Look>): void => render(root, runs, { ...look, ...change });
  const zoom = (steps: Steps | undefined): void => go({ steps });
  const choose = (site: string): void => {
    go({ site });
    document.getElementById("site")?.scrollIntoView({ block: "nearest" });
  };
  root.replaceChildren(
    element("h1", {}, run.name),
    summarySection(run),
    learningSection(run, look.steps, zoom),
    fitSection(run, look.steps, zoom, choose),
    siteSection(run, look.site, look.steps, zoom),
  );
};

const start = async (): Promise<void> => {
  const root = document.querySelector("main")!;
  const text = document.getElementById("runs")?.textContent ?? "";
  const runs = unpacked(await inflated(text)) as readonly RunView[];
  const look: Look = { run: 0, site: runs[0]?.sites[0]?.site ?? "", steps: undefined };
  render(root, runs, look);
  root.dataset.state = "ready";
};

void start();
