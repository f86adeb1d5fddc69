/** @file Hooks: what a method puts around sites and layers, without a word about it in the scope. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { problem } from "../../../core/errors.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { hookPoint } from "../../../operators/module/hooks.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { refusing } from "../../../operators/sites/checkSite.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { aroundLayer, quantized } from "../../../operators/sites/quantized.ts";
import { aroundSite } from "../../../operators/sites/site.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, built, opened, quantizing, refusals, testScope } from "../../support/testScope.ts";

const test = suite("hooks");

const quantizer = quantizing(fixed({ lo: -4, hi: 4 }));

test("a point has the hooks that were made for it, in order, and no others", () => {
  const [first, second] = [hookPoint<string>(), hookPoint<string>()];
  const hooks = [first.hook("a"), second.hook("b"), first.hook("c")];
  assert.equal(first.hooksIn({ hooks }), ["a", "c"]);
  assert.equal(second.hooksIn({ hooks }), ["b"]);
  assert.equal(hookPoint<string>().hooksIn({ hooks }), []);
});

test("hooks around a site see its tensors; the first one is the innermost", () => {
  const seen: string[] = [];
  const noting = (name: string) =>
    aroundSite.hook((site, { path, role }) => ({
      ...site,
      quantize: function* (x, ctx) {
        seen.push(`${name} before ${path}, ${role}, ${x.shape.join("x")}`);
        const quantized = yield* site.quantize(x, ctx);
        seen.push(`${name} after ${quantized.value._tag}`);
        return quantized;
      },
    }));
  const scope = testScope({ shape: [3, 3, 4], quantizer, hooks: [noting("inner"), noting("outer")] });
  opened(built(quantize({ activation: "x" }), scope).layer)(batch(gaussian([2, 3, 3, 4], "x")));
  assert.equal(seen, [
    "outer before x, activation, 2x3x3x4",
    "inner before x, activation, 2x3x3x4",
    "inner after Codes",
    "outer after Codes",
  ]);
});

test("hooks around layers get each quantized layer by its name", () => {
  const names: string[] = [];
  const noting = aroundLayer.hook((name, layer) => {
    names.push(name);
    return layer;
  });
  const full = quantized(dense);
  const network = sequential(full("first", { units: 3 }), full("second", { units: 2 }));
  built(network, testScope({ shape: [1, 1, 4], quantizer, hooks: [noting] }));
  assert.equal(names, ["first", "second"]);
});

test("a hook may refuse a quantizer at a site, when the network is built", () => {
  const noGradients = refusing.hook((path, role) =>
    role === "gradient" ? problem(path, "a quantized gradient", "none") : undefined,
  );
  const scope = testScope({ shape: [1, 1, 4], quantizer, hooks: [noGradients] });
  assert.equal(refusals(quantized(dense)("dense", { units: 2 }), scope), [
    "dense/gradient: a quantized gradient, expected none.",
  ]);
});

test.run();
