/** @file Two copies of one gradient, quantized apart: one for the input of a layer with weights, one for its parameters. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { Activation, Emit } from "../../core/signal.ts";
import { kept } from "../module/kept.ts";
import { type Openable, withSites } from "../module/layer.ts";
import { heldFor, releasing } from "../module/releasing.ts";
import { ofOperand } from "./coding.ts";
import type { RangeSite } from "./rangeSite.ts";

/** How the sites of both copies are opened; a copy without one goes on as it is, in float32. */
export interface SplitSites {
  readonly forInput: (() => RangeSite) | undefined;
  readonly forParameters: (() => RangeSite) | undefined;
}

const through = (
  site: RangeSite | undefined,
  dy: Expr,
  activation: Activation,
  emit: Emit,
): Eventual<Expr> =>
  site
    ? after(site.quantize(dy, activation, emit), ({ value, made }) =>
        releasing(ofOperand(value, dy.shape), made),
      )
    : dy;

/**
 * Hands both copies to the layer in front. The gradient itself is computed once: the first site that reads it keeps it for the other.
 *
 * @throws `RangeflowFailure` in the first step, if what stands in front has no parameters to hand the second copy to
 */
export const splitGradient = (path: string, { forInput, forParameters }: SplitSites): Openable =>
  withSites(
    () => {
      const sites = { forInput: forInput?.(), forParameters: forParameters?.() };
      return {
        ...sites,
        unsubscribe: () => {
          for (const site of Object.values(sites)) site?.unsubscribe();
        },
      };
    },
    (sites) => (activation) => {
      const { split } = activation.pullback;
      if (split === undefined)
        throw new RangeflowFailure(
          problem(
            path,
            "a second copy of a gradient, for weights that are not there",
            "a convolution or a dense layer right in front, as quantized places it",
          ),
        );
      return {
        ...activation,
        pullback: (dyOnce, emit) => {
          const dy = kept(dyOnce);
          const made = heldFor(dyOnce, dy);
          return after(through(sites.forInput, dy, activation, emit), (dx) =>
            after(through(sites.forParameters, dy, activation, emit), (dw) =>
              split(dx, releasing(dw, made), emit),
            ),
          );
        },
      };
    },
    path,
  );
