import { join } from "node:path";
import { concat, of, throwError } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import type { Fault, Signal } from "../../../core/signal.ts";
import { noteDivergence } from "../../../pipelines/runs/noteDivergence.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import { qsgd } from "../../../quantizers/projections/qsgd.ts";
import { type Quantizer, quantizerFor } from "../../../quantizers/quantizer.ts";
import { collected } from "../../support/testScope.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("what a run that has diverged is told of its quantizers");

const fault = (kind: Fault["kind"]): Signal => ({ _tag: "Fault", step: 4, site: "loss", kind, message: "" });
const lost = new RangeflowFailure(
  problem("loss, step 4", "the loss is NaN", "a finite loss", "use more bits"),
);

const siteOf = (bits: number, quantizer: Partial<Quantizer>) => {
  const estimator = { name: "currentMinMax", estimator: currentMinMax() };
  return { quantizer: { ...quantizerFor("gradient", bits, estimator), ...quantizer } };
};
const ofQsgd = siteOf(4, { projection: qsgd() });

/** The error with which a stream of these signals ends. */
const errorAfter = (
  error: Error,
  sites: Parameters<typeof noteDivergence>[0],
  ...signals: Signal[]
): Error => {
  try {
    collected(
      noteDivergence(sites)(
        concat(
          of(...signals),
          throwError(() => error),
        ),
      ),
    );
  } catch (found) {
    return found as Error;
  }
  throw new Error("the stream did not fail");
};

test("a loss that is not finite is told once with the note of each quantizer that has one", () => {
  const sites = [ofQsgd, ofQsgd, siteOf(4, { projection: psq() }), siteOf(8, {})];
  const { message } = errorAfter(lost, sites, fault("LossNotFinite"));
  assert.match(
    message,
    /^loss, step 4: the loss is NaN, expected a finite loss; use more bits; qsgd: The error grows [^;]*bucket=512[^;]*not-train\.md\)\.$/,
  );
});

test("without such a quantizer, in float32, and for any other failure nothing is added", () => {
  const lostLoss = fault("LossNotFinite");
  assert.is(errorAfter(lost, [siteOf(8, {})], lostLoss).message, lost.message);
  assert.is(errorAfter(lost, [siteOf(32, { projection: qsgd() })], lostLoss).message, lost.message);
  assert.is(errorAfter(lost, [ofQsgd], fault("ZeroTensor")), lost);
  const mistake = new Error("internal: a mistake");
  assert.is(errorAfter(mistake, [ofQsgd], lostLoss), mistake);
});

test("rangeflow train ends with it", async () => {
  const { code, err } = await answerTo([
    "train",
    ...["--limit", "1000", "--test-limit", "50", "--epochs", "1", "--out", join(scratch(), "run")],
    ...["--bits", "32/32/4", "--gradient-range", "currentMinMax", "--gradient-quantizer", "qsgd"],
    ...["--lr", "50"],
  ]);
  assert.is(code, 2);
  assert.match(err, /^loss, step \d+: the loss is .*; qsgd: The error grows .*bucket=512/m);
});

test.run();
