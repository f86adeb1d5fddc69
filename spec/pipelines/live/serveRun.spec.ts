/** @file The page of a run that trains: what it shows in the end is what a report reads from the files, also of a run that goes on. */
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { from, lastValueFrom, throwError } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Signal } from "../../../core/signal.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { type ServedRun, serveRun } from "../../../pipelines/live/serveRun.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import type { TrainEvent } from "../../../pipelines/runs/events.ts";
import { type RunOptions, train } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { scratch } from "../files/scratch.ts";
import { small, stopsAfter } from "../runs.ts";
import { type Told, told } from "./reader.ts";
import { checkSameView } from "./sameView.ts";

const test = suite("live/serveRun");

const measured: Partial<Settings> = { ...small, sqnrEvery: 3, histogramEvery: 5 };

/** A page that has begun to look on, and goes on until its stream ends. */
const looking = async (url: string): Promise<Told & { readonly ended: Promise<unknown> }> => {
  const one = told();
  const response = await new Promise<IncomingMessage>((resolve) => get(`${url}events`, resolve));
  const ended = new Promise((resolve) => response.on("data", one.take).on("close", resolve));
  return { ...one, ended };
};

/** Trains with a page that one tab looks at from the beginning. */
const seen = async (settings: Partial<Settings>, { tap: other, ...options }: RunOptions) => {
  const page = await serveRun({ port: 0 });
  const tab = await looking(page.url);
  const tap = (signal: Signal): void => {
    other?.(signal);
    page.tap(signal);
  };
  const last = await lastValueFrom(train(builtIn(settings), { ...options, tap }).pipe(page.show));
  await tab.ended;
  return { last, tab };
};

const home = scratch();

test("a run is shown as a report shows it: rows, losses, rates, ratios, histograms, epochs, facts and its end", async () => {
  const out = join(home, "whole");
  const { last, tab } = await seen(measured, { out });
  assert.is(last.event, "done");
  assert.equal(tab.status()?.state, "finished");
  const read = readRunView(out);
  assert.ok(read.facts.length > 10 && read.sites.length === 15 && read.epochs.length === 2);
  assert.ok(read.sites.some(({ histograms }) => histograms.length === 4));
  assert.ok(read.sites.every(({ columns }) => columns.sqnrs.reduce((sum, n) => sum + n, 0) === 7));
  checkSameView(tab.view()!, read);
});

test("a run that was stopped says how it goes on, and shows its past when it does", async () => {
  const out = join(home, "resumed");
  const first = await seen(measured, { out, ...stopsAfter(13) });
  assert.is(first.last.event, "stopped");
  const step = first.tab.view()!.steps;
  assert.equal(first.tab.status(), {
    state: "stopped",
    text: `stopped after step ${step}; train --resume continues it`,
  });
  const second = await seen(measured, { out, resume: true });
  assert.is(second.last.event, "done");
  checkSameView(second.tab.view()!, readRunView(out));
  const again = await seen(measured, { out, resume: true });
  assert.is(again.last.event, "done");
  checkSameView(again.tab.view()!, readRunView(out));
});

test("a run that writes nothing is shown by what it says of itself", async () => {
  const { tab } = await seen(small, {});
  const view = tab.view()!;
  assert.is(view.steps, 20);
  const { experiment, data, bits, batch, seed } = Object.fromEntries(view.facts);
  assert.equal([experiment, data, bits, batch, seed], ["lenet5", "glyphs", "8/8/8", "16", "1"]);
  assert.is(view.done?.event, "done");
});

/** What becomes of events that somebody makes up, and of the page. */
const shown = async (show: (page: ServedRun) => Promise<unknown>) => {
  const failures: unknown[] = [];
  const page = await serveRun({ port: 0, failed: (error) => failures.push(error) });
  const tab = await looking(page.url);
  const result = await show(page);
  await tab.ended;
  return { result, tab, failures };
};

test("a run that fails says so on the page, and fails as it would without one", async () => {
  const { result, tab } = await shown(({ show }) =>
    lastValueFrom(throwError(() => new Error("loss is NaN at step 7")).pipe(show)).catch(String),
  );
  assert.is(result, "Error: loss is NaN at step 7");
  assert.equal(tab.status(), { state: "failed", text: "failed: loss is NaN at step 7" });
});

test("what goes wrong with the page ends the page, and the run goes on", async () => {
  const broken = {
    get event(): string {
      throw new Error("broken");
    },
  };
  const events = [broken, { event: "done" }] as unknown as readonly TrainEvent[];
  const { result, failures } = await shown(({ show }) => lastValueFrom(from(events).pipe(show)));
  assert.equal(result, { event: "done" });
  assert.equal(failures.map(String), ["Error: broken"]);
});

test("misspelt options are refused", async () => {
  try {
    await serveRun({ prot: 4321 } as never);
    assert.unreachable("expected a failure");
  } catch (error) {
    assert.match(String(error), /an unknown option prot, expected .*port/);
  }
});

test.run();
