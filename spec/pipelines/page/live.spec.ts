/** @file The page of a run that goes on, in a browser: it follows the run, keeps what a person looks at, and outlives its server. */
import type { Page } from "playwright-core";
import { lastValueFrom } from "rxjs";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { type PageServer, pageServer } from "../../../pipelines/live/pageServer.ts";
import { serveRun } from "../../../pipelines/live/serveRun.ts";
import { finished } from "../../../pipelines/live/shownRun.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { browserSuite } from "../../support/browser.ts";
import { chartOf, dragOver, placeOf, stepsOf, tipAt } from "../../support/pageCharts.ts";
import { scratch } from "../files/scratch.ts";
import { type Simulated, simulated } from "../live/simulated.ts";
import { small } from "../runs.ts";

const { test, open, run } = browserSuite("page/live");

const serving = (of: Simulated, port = 0): Promise<PageServer> =>
  pageServer(of.shown, { port, every: 20, share: 1, failed: (error) => assert.unreachable(String(error)) });

/** Waits until the page says so of its run. */
const says = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector("#live")?.textContent === wanted, text);

/** Waits until everything in sight was drawn with so many steps: the loss chart says its steps in its table behind. */
const drawn = (page: Page): Promise<void> => page.waitForTimeout(700);

test("the page of a run is live while it trains, however long a browser takes", async () => {
  const served = await serveRun({ port: 0 });
  const { page, complaints } = await open(served.url);
  let seen = false;
  const events$ = train(builtIn({ ...small, epochs: 100_000 }), { tap: served.tap, stopped: () => seen });
  const ended = lastValueFrom(events$.pipe(served.show));
  await page.waitForFunction(() =>
    /^live, step [1-9]/.test(document.querySelector("#live")?.textContent ?? ""),
  );
  seen = true;
  assert.is((await ended).event, "stopped");
  await page.waitForFunction(() =>
    /^stopped after step [1-9]/.test(document.querySelector("#live")?.textContent ?? ""),
  );
  assert.equal(complaints, []);
});

test("the page of a run that has ended has its numbers, and no one complains", async () => {
  const out = scratch();
  const served = await serveRun({ port: 0 });
  const { page, complaints, requests } = await open(served.url);
  const events$ = train(builtIn({ ...small, epochs: 4 }), { out: `${out}/run`, tap: served.tap });
  await lastValueFrom(events$.pipe(served.show));
  await says(page, finished.text);
  await page.waitForFunction(() => document.querySelector("#summary")?.textContent?.includes("sites"));
  await page.waitForSelector("#fit svg rect");
  await page.waitForFunction(() =>
    /^test accuracy [\d.]+ %$/.test(document.querySelector("header .score")?.textContent ?? ""),
  );
  assert.equal(complaints, []);
  assert.equal(requests, [`${served.url}events`]);
});

test("newer numbers are drawn where they are seen, and where a person comes to see them", async () => {
  const sim = simulated(12);
  sim.go(40);
  const server = await serving(sim);
  const { page, complaints } = await open(server.url, { viewport: { width: 700, height: 400 } });
  await says(page, "live, step 40");
  await page.waitForSelector("main[data-state=ready]");
  await page.evaluate(() => {
    for (const part of document.querySelectorAll("main > section")) part.setAttribute("data-drawn", "before");
  });
  sim.go(60);
  await says(page, "live, step 100");
  await drawn(page);
  const old = () => page.$$eval("main > section[data-drawn]", (all) => all.map(({ id }) => id));
  const before = await old();
  assert.not(before.includes("summary"), "it is in sight");
  assert.ok(before.includes("site"), "it is far below");
  await page.$eval("#site", (part) => part.scrollIntoView());
  await page.waitForFunction(() => !document.querySelector("#site[data-drawn]"));
  assert.ok((await old()).length > 0, "what is between them has not been seen");
  sim.end(finished);
  await page.waitForFunction(() => !document.querySelector("main > section[data-drawn]"));
  assert.equal(complaints, []);
  server.close();
});

test("what a person has opened, chosen, zoomed and points at stays while numbers come", async () => {
  const sim = simulated(4);
  sim.go(50);
  const server = await serving(sim);
  const { page, complaints } = await open(server.url, { viewport: { width: 1280, height: 2400 } });
  await says(page, "live, step 50");
  await page.waitForSelector("main[data-state=ready]");
  const [fit, loss] = [chartOf("Fit"), chartOf("Loss")];
  const siteShown = () => page.locator("#site", { hasText: "layer2/gradient" }).count();
  await page.mouse.click(...(await placeOf(page, fit, 25, "layer2/gradient")));
  assert.is(await siteShown(), 1);
  await dragOver(page, loss, 10, 40);
  const zoomed = await stepsOf(page, loss);
  assert.ok(zoomed[0]! > 5 && zoomed[1]! < 45, zoomed.join());
  await page.click("#learning details.numbers summary");
  await page.waitForSelector("#learning details[open] table");
  const tip = await tipAt(page, loss, 20);
  for (let more = 60; more <= 80; more += 10) {
    sim.go(10);
    await says(page, `live, step ${more}`);
    await drawn(page);
  }
  assert.equal(await page.locator(`${loss} [aria-label=tip] text`).count(), 1, "the tip is shown again");
  assert.equal(await tipAt(page, loss, 20), tip);
  assert.equal(await stepsOf(page, loss), zoomed);
  assert.is(await siteShown(), 1);
  assert.is(await page.locator("#learning details[open] table").count(), 1);
  assert.equal(complaints, []);
  server.close();
});

test("a server that is killed is missed, one that comes back is found, and a page that is finished asks no more", async () => {
  const sim = simulated(3);
  sim.go(20);
  const first = await serving(sim);
  const { page, complaints, requests } = await open(first.url);
  await says(page, "live, step 20");
  const { port } = new URL(first.url);
  first.close();
  await says(page, "connection lost, trying again");
  assert.is(await page.getAttribute("#live", "data-state"), "lost");
  assert.ok((await page.$$("main svg")).length > 2, "it keeps what it shows");
  sim.go(5);
  const second = await serving(sim, Number(port));
  await says(page, "live, step 25");
  const refusals = complaints.filter((text) => /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE/.test(text));
  assert.equal(complaints, refusals, "the browser tells of the server, the page of nothing");
  sim.end(finished);
  await says(page, finished.text);
  await second.end();
  const asked = requests.length;
  await page.waitForTimeout(2500);
  assert.is(requests.length, asked);
});

test("a run that fails or stops says so", async () => {
  const sim = simulated(1);
  const server = await serving(sim);
  const { page, complaints } = await open(server.url);
  await says(page, "live, no step yet");
  assert.is(await page.getAttribute("#live", "aria-live"), "off", "nobody is read every step");
  sim.go(2);
  sim.end({ state: "failed", text: "failed: loss is NaN at step 2 <b>" });
  await says(page, "failed: loss is NaN at step 2 <b>");
  assert.is(await page.getAttribute("#live", "data-state"), "failed");
  assert.is(await page.getAttribute("#live", "aria-live"), "polite");
  assert.equal(complaints, []);
  server.close();
  await page.waitForTimeout(300);
  await says(page, "failed: loss is NaN at step 2 <b>");
  assert.is(await page.getAttribute("#live", "data-state"), "failed", "it stays so without its server");
});

run();
