import { suite } from "uvu";
import { dualStep } from "../../core/constraint.ts";
import { allClose } from "../support/close.ts";

const test = suite("dual step");

test("the worked numbers of docs/methods.md 7.7: multipliers [0, 1], slacks [0.02 - 1/255, 0.25], rate 0.01", () =>
  allClose(
    [dualStep(0, 0.02 - 1 / 255, 0.01), dualStep(1, 0.25, 0.01)],
    [0.000161, 1.0025],
    5e-7,
    "multiplier",
  ));

test("a constraint that holds weighs less, but never less than nothing", () =>
  allClose([dualStep(1, -0.5, 0.5), dualStep(0.1, -0.5, 0.5)], [0.75, 0], 0));

test.run();
