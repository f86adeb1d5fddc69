/** @file What layers note of themselves while they are built. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { maxPool } from "../../../operators/layers/pool.ts";
import { build, scopeFor } from "../../../operators/module/build.ts";
import type { LayerNote, Note } from "../../../operators/module/notes.ts";
import { sequential } from "../../../operators/module/sequential.ts";

const test = suite("notes");

test("a layer says what comes in and out, and a dense one that it is one", () => {
  const notes: LayerNote[] = [];
  const note = (one: Note): void => {
    if (one._tag === "Layer") notes.push(one);
  };
  const network = sequential(
    conv2d("conv1", { outChannels: 8, kernel: 5 }),
    maxPool({ size: 2 }),
    flatten(),
    dense("dense1", { units: 10 }),
  );
  build(network, scopeFor({ engine: reference(), shape: [28, 28, 1], note }));
  assert.equal(
    notes.map(({ kind, inShape, outShape, as }) => [kind, inShape, outShape, as]),
    [
      ["conv2d", [28, 28, 1], [24, 24, 8], undefined],
      ["maxPool", [24, 24, 8], [12, 12, 8], undefined],
      ["flatten", [12, 12, 8], [1, 1, 1152], undefined],
      ["conv2d", [1, 1, 1152], [1, 1, 10], "dense"],
    ],
  );
});

test.run();
