/** @file A saved run gives its values back to the parameters that it was saved from, and to no others. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import type { Shape } from "../../../core/tensor.ts";
import { parameterStore, plainMemory } from "../../../operators/module/parameters.ts";
import { restore, type SavedRun } from "../../../pipelines/runs/runDirectory.ts";
import { identityIn, type SavedIdentity } from "../../../pipelines/runs/savedIdentity.ts";
import { elements } from "../../support/elements.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";

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

test("a directory that another process has taken away meanwhile is told in a sentence", () => {
  const dir = join(scratch(), "taken");
  const identity = {
    from: "code",
    settings: {},
    files: [],
    numerics: 1,
    data: { sha256: "", train: 0, test: 0 },
  };
  assert.match(
    sentenceOf(() => identityIn("checkpoint", dir, identity as unknown as SavedIdentity)),
    /taken: no such file or directory, expected the directory of a run/,
  );
});

test.run();
