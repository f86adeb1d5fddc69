import { problem } from "../../core/errors.ts";
import { ofTensor } from "../../core/expr.ts";
import { elements } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { probedAt } from "../module/probe.ts";
import { foreign, notNumbers } from "../sites/foreign.ts";
import { layer } from "../step/op.ts";

const areNumbers = (...values: readonly unknown[]): boolean =>
  values.every((value) => typeof value === "number");

/**
 * An element-wise activation of your own, y = f(x), from the function and its derivative.
 *
 *     y[i] = f(x[i]),   dx[i] = dy[i] * df(x[i]),   in float64, rounded once to float32
 *
 * Runs on the host, after its input has been written to memory, so the bits are the same on every engine. They are the same on every
 * machine if the functions are sums, products, quotients and roots, or those of `rangeflow/core` (`exp`, `log`, `tanh`, ..) in place of `Math`.
 *
 * @param name used in errors, e.g. `silu`
 * @param f the function, of one number
 * @param df the derivative of `f`, as a function of x
 * @returns a module that refuses to be built if `f` or `df` does not return a number
 * @throws `RangeflowFailure` in the step in which a function throws, or returns NaN or infinity for a finite number
 * @example
 * import { exp } from "rangeflow/core";
 *
 * const sigmoid = (x: number): number => 1 / (1 + exp(-x));
 * const silu = activation("silu", (x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))));
 */
export const activation = (name: string, f: (x: number) => number, df: (x: number) => number): Module =>
  layer(name, (scope) => {
    scope.note({
      _tag: "Functions",
      place: `activation ${name}`,
      functions: [f, df],
      probe: () => [...probedAt(f), ...probedAt(df)],
    });
    const call = foreign(scope, scope.path, `activation ${name}`);
    if (
      !areNumbers(
        call(0, "a number", () => f(0.5)),
        call(0, "a number", () => df(0.5)),
      )
    )
      return problem(scope.path, "a function that returns no number for 0.5", "f and df to return numbers");
    return {
      kind: "activation",
      options: {},
      forward: function* (input, ctx) {
        const x = elements(yield* ctx.read(input));
        const y = call(
          ctx.step,
          "a finite number for each element",
          () => x.map((value) => f(value)),
          (given) => notNumbers(given, x, "values"),
        );
        return { y: ofTensor(ctx.upload(y, input.shape)), save: x };
      },
      backward: function* (gradient, x, ctx) {
        const dy = elements(yield* ctx.read(gradient));
        const dx = call(
          ctx.step,
          "a finite derivative for each element",
          () => x.map((value, i) => (dy[i] as number) * df(value)),
          (given) => notNumbers(given, dy, "derivatives"),
        );
        return { dx: ofTensor(ctx.upload(dx, gradient.shape)) };
      },
    };
  });
