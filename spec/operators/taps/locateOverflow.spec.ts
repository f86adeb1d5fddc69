import { concat, of, throwError } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import type { Fault, Signal } from "../../../core/signal.ts";
import { locateOverflow } from "../../../operators/taps/locateOverflow.ts";
import { collected } from "../../support/testScope.ts";

const test = suite("where a step overflowed");

const fault = (site: string, step: number, kind: Fault["kind"] = "NonFiniteTensor"): Signal => ({
  ...{ _tag: "Fault", step, site, kind, message: "" },
});
const updated = (step: number): Signal => ({ _tag: "Updated", step, learningRate: 1, parameters: 1 });
const lost = new RangeflowFailure(problem("loss, step 4", "the loss is NaN", "a finite loss"));

/** The error with which a stream of these signals ends. */
const errorAfter = (error: Error, ...signals: readonly Signal[]): Error => {
  try {
    collected(
      locateOverflow(
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

test("a failure tells of the first site that saw NaN or infinity in its step", () => {
  const { message } = errorAfter(lost, fault("zero", 4, "ZeroTensor"), fault("b", 4), fault("c", 4));
  assert.is(
    message,
    "loss, step 4: the loss is NaN, and b was the first site to see NaN or infinity, expected a finite loss.",
  );
});

test("a loss that blames a parameter is explained already", () => {
  const blaming = (site: string): Signal => ({
    ...{ _tag: "Fault", step: 4, site, kind: "LossNotFinite", message: "loss, step 4: the loss is NaN" },
  });
  assert.is(errorAfter(lost, fault("b", 4), blaming("conv1/weight")), lost);
  assert.match(errorAfter(lost, fault("b", 4), blaming("loss")).message, /b was the first site/);
});

test("what an earlier step has seen, and what is no failure of a run, stays as it is", () => {
  assert.is(errorAfter(lost, fault("a", 3), updated(4)), lost);
  assert.is(errorAfter(lost), lost);
  const mistake = new Error("internal: a mistake");
  assert.is(errorAfter(mistake, fault("a", 3)), mistake);
});

test("signals pass unchanged", () => {
  const signals = [fault("a", 1), updated(2), fault("b", 2)];
  assert.equal(collected(locateOverflow(of(...signals))), signals);
});

test.run();
