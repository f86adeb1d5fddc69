/** @file Parameters that are not finite: the fault that a run emits, and the failure that it ends with. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Fault } from "../../core/signal.ts";
import { nonFiniteOf, type ReadParameter } from "../../operators/module/parameters.ts";

/** The first parameter that holds NaN or infinity, with the failure after this many steps; undefined if all are finite. */
export const brokenParameter = (
  parameters: readonly ReadParameter[],
  step: number,
): { readonly fault: Fault; readonly failure: RangeflowFailure } | undefined => {
  const broken = nonFiniteOf(parameters);
  if (broken === undefined) return undefined;
  const { path: site } = broken;
  const where = `${site}, step ${step}`;
  const found = "the parameter holds NaN or infinity";
  return {
    fault: { _tag: "Fault", step, site, kind: "NonFiniteTensor", message: `${where}: ${found}` },
    failure: new RangeflowFailure(
      problem(
        where,
        found,
        "finite numbers",
        "lower the learning rate; the checkpoint before this step stays",
      ),
    ),
  };
};
