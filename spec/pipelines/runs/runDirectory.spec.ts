/** @file A saved run gives its values back to the parameters that it was saved from, and to no others. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import type { Shape } from "../../../core/tensor.ts";
import { parameterStore, plainMemory } from "../../../operators/module/parameters.ts";
import { restore, type SavedRun } from "../../../pipelines/runs/runDirectory.ts";
import { elements } from "../../support/elements.ts";
import { sentenceOf } from "../files/scratch.ts";

const test = suite("the directory of a run");

const network = (shape: Shape) => {
  const parameters = parameterStore(plainMemory);
  return { parameters, w: parameters.create("conv/weight", "weight", shape, (value) => value.fill(1)) };
};

const saved = {
  tensors: new Map([["conv/weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
};

test("values are given back to parameters of their shape", () => {
  const { parameters, w } = network([2, 3]);
  restore("dir", saved as unknown as SavedRun, reference(), parameters);
  assert.equal([...elements(w.value)], [1, 2, 3, 4, 5, 6]);
});

test("a parameter of another shape is refused, also if it has as many elements, and stays as it is", () => {
  for (const shape of [[3, 2], [6], [2, 4]]) {
    const { parameters, w } = network(shape);
    assert.match(
      sentenceOf(() => restore("dir", saved as unknown as SavedRun, reference(), parameters)),
      new RegExp(`: conv/weight of 2x3, expected ${shape.join("x")}; resume with the model that was saved`),
    );
    assert.ok(elements(w.value).every((value) => value === 1));
  }
});

test.run();
