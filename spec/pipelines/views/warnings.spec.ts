/** @file Warnings of a run: none where ranges fit and losses fall, and the right one, with its numbers, where they do not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SiteRow } from "../../../pipelines/views/siteRow.ts";
import { warningsOf } from "../../../pipelines/views/warnings.ts";
import { type MadeUp, madeUp } from "../../support/runViews.ts";

const test = suite("views/warnings");

/** Three epochs of 20 steps, three sites. */
const told = (run: MadeUp): readonly string[] => warningsOf(madeUp(run)).map(({ text }) => text);

const at =
  (wanted: string, row: (step: number) => Partial<SiteRow>) =>
  (site: string, step: number): Partial<SiteRow> =>
    site === wanted ? row(step) : {};

test("a run that learns, with ranges that fit, has no warning; nor has one without sites, steps or epochs", () => {
  for (const run of [{}, { sites: [] }, { sites: [], steps: 0, epochs: 0 }, { epochs: 0 }, { epochs: 1 }])
    assert.equal(told(run), []);
});

test("clipping is told with steps, elements and the worst tensor of the epoch where it is most", () => {
  // Epoch 2, steps 20 to 39: 5 of 20 tensors of 1000 elements lose 100, one 200: 600 of 20,000.
  const row = at("conv1/gradient", (step) =>
    step >= 20 && step < 26 ? { clipped: step === 20 ? 200 : 100 } : {},
  );
  assert.equal(warningsOf(madeUp({ row })), [
    {
      text: "conv1/gradient was clipped in 30 % of the steps of epoch 2: 3.5 % of its elements, up to 20 % of a tensor.",
      href: "#site=conv1%2Fgradient",
    },
  ]);
});

test("clipping of 1 % of the elements is no warning, and with fewer bits more is none", () => {
  assert.equal(told({ row: () => ({ clipped: 10 }) }), []);
  const run = madeUp({ row: () => ({ clipped: 40 }) });
  const withBits = (bits: number) => ({ ...run, sites: run.sites.map((site) => ({ ...site, bits })) });
  assert.is(warningsOf(run).length, 3);
  assert.match(warningsOf(run)[0]!.text, /, and too much in all 3 epochs\.$/);
  assert.equal(warningsOf(withBits(4)), []);
});

test("ranges four times as wide as their tensors in the mean of an epoch waste two bits", () => {
  // Range [-1, 1] over tensors of [-1/8, 1/8]: log2 8 = 3 bits.
  const row = at("conv1/input", (step) => (step < 40 ? { min: -0.125, max: 0.125, clipped: 0 } : {}));
  assert.equal(told({ row: (site, step) => ({ ...row(site, step), lo: -1 - step / 1e6 }) }), [
    "conv1/input had ranges 8 times as wide as its tensors in epoch 2 (3 of its 8 bits were idle), and too much in 2 of 3 epochs.",
  ]);
});

test("tensors that nobody could observe are counted, from the first one on", () => {
  const row = at("conv1/weight", (step) => (step >= 50 ? { observed: false, nonFinite: 3 } : {}));
  assert.equal(told({ row }), [
    "conv1/weight had 10 of 60 tensors that held NaN or infinity, or were zero or empty, from step 50 on; they were quantized with the last range.",
  ]);
});

test("where many sites have the same, one sentence names the worst ones", () => {
  const sites = ["a", "b", "c", "d", "e"].map((layer) => `${layer}/input`);
  const row = (site: string, step: number) => (step < sites.indexOf(site) + 1 ? { observed: false } : {});
  assert.equal(told({ sites, row }), [
    "e/input had 5 of 60 tensors that were zero or empty, from step 0 on; they were quantized with the last range; it is much the same with d/input, c/input and 2 more.",
  ]);
});

test("a range that never moves is a warning where its tensors do", () => {
  const spans = (factor: number) => (_: string, step: number) => ({
    max: step % 2 === 0 ? 0 : factor * 2 - 1,
  });
  // Spans of 1 and of 2 factor, with ranges of 2: at 5 times the fit is (1 - log2 2.5) / 2, less than 2.
  assert.equal(told({ sites: ["conv1/input"], row: spans(1.5) }), []);
  assert.equal(told({ sites: ["conv1/input"], row: spans(2.5) }), [
    "conv1/input has kept one range for all steps, while the span of its tensors changed 5 times.",
  ]);
});

test("a loss that is not finite is told with its steps, and whether it came back", () => {
  assert.equal(told({ loss: (step) => (step === 7 || step === 9 ? Infinity : 1 / (1 + step)) }), [
    "The loss was NaN or infinite in 2 steps, the first of them at step 7.",
  ]);
  assert.equal(told({ loss: (step) => (step >= 31 ? Number.NaN : 1 / (1 + step)) }), [
    "The loss was NaN or infinite from step 31 on.",
  ]);
});

test("a loss that blows up and comes back is told, also in a run of few steps", () => {
  const loss = (step: number): number => (step === 5 ? 2.3e9 : 3 / (1 + step));
  assert.equal(told({ steps: 12, epochs: 1, loss }), ["The loss rose from 3 to 2300000000 at step 5."]);
  assert.equal(told({ steps: 12, epochs: 1, loss: (step) => (step === 5 ? 299 : 3 / (1 + step)) }), []);
});

test("a loss that rises and a score that stands still are told", () => {
  assert.equal(told({ loss: (step) => 1 + (step >= 55 ? 1 : 0), epochs: 0 }), [
    "The loss has not fallen: 1 in the mean of the first tenth of the steps, 1.8 in that of the last.",
  ]);
  const { epochs } = madeUp();
  const still = epochs.map((epoch) => ({ ...epoch, trainScore: 0.1 }));
  assert.equal(told({ change: { epochs: still } }), [
    "The run has not learned: training accuracy was 10.00 % in epoch 1 and 10.00 % in epoch 3.",
  ]);
  const untrained = epochs.map(({ trainScore: _, ...epoch }) => ({ ...epoch, testScore: 0.1 }));
  assert.equal(told({ change: { epochs: untrained } }), [
    "The run has not learned: test accuracy was 10.00 % in epoch 1 and 10.00 % in epoch 3.",
  ]);
});

test("three test scores that fall while those of training rise are overfitting; two are not", () => {
  const { epochs } = madeUp({ epochs: 6 });
  const scores = (tests: readonly number[]) => ({
    epochs: epochs.map((epoch, i) => ({ ...epoch, testScore: tests[i]! })),
  });
  assert.equal(told({ change: scores([0.5, 0.6, 0.7, 0.8, 0.79, 0.78]) }), []);
  assert.equal(told({ change: scores([0.5, 0.6, 0.8, 0.79, 0.78, 0.775]) }), [
    "Test accuracy went from 80.00 % after epoch 3 to 77.50 % after epoch 6, while that of training got better: the network overfits.",
  ]);
});

test("noise is told where it is a third of the signal, in the last epoch, and two bits may have more", () => {
  const run = madeUp();
  const noisy = (sqnr: number, bits: number) => ({
    ...run,
    sites: run.sites.slice(0, 1).map((site) => ({
      ...site,
      bits,
      columns: {
        ...site.columns,
        sqnrs: site.columns.rows.map((_, i) => (i % 10 === 0 ? 1 : 0)),
        sqnrSum: site.columns.rows.map((_, i) => (i % 10 === 0 ? sqnr : 0)),
      },
    })),
  });
  assert.equal(warningsOf(noisy(11, 8)), []);
  assert.equal(warningsOf(noisy(7.5, 2)), []);
  assert.equal(
    warningsOf(noisy(7.5, 4)).map(({ text }) => text),
    ["conv1/input had a signal-to-noise ratio of 7.5 dB in epoch 3, below 10."],
  );
});

test("what could not be read comes first", () => {
  const change = { missing: ["ranges: cut in batch 7."] };
  assert.equal(told({ change, loss: () => Number.NaN }), [
    "ranges: cut in batch 7.",
    "The loss was NaN or infinite from step 0 on.",
  ]);
});

test.run();
