/** @file `load`: names, shapes and layers that are left out, and what is said where they do not fit. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lenet5 } from "../../../models/lenet5.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { type Module, under } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { writeAtomically } from "../../../pipelines/files/atomic.ts";
import { encodeSafetensors, type SavedTensor } from "../../../pipelines/files/safetensors.ts";
import { plannedModel } from "../../../pipelines/runs/plannedModel.ts";
import { load } from "../../../pipelines/weights/load.ts";
import type { MatchOptions } from "../../../pipelines/weights/weightMatch.ts";
import { elements } from "../../support/elements.ts";
import { refusals, testScope } from "../../support/testScope.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("load");
const file = join(scratch(), "w.safetensors");

type Tensors = Readonly<Record<string, readonly number[]>>;

/** Writes tensors of these shapes, whose numbers count up. */
const write = (tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): void => {
  const filled = Object.entries(tensors).map(([name, shape]): [string, SavedTensor] => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => i + 1) }];
  });
  writeAtomically(file, encodeSafetensors({ metadata, tensors: new Map(filled) }));
};

const network = sequential(
  conv2d("conv1", { outChannels: 2, kernel: 1, bias: true }),
  flatten(),
  dense("dense1", { units: 1 }),
);

/** Values of the parameters of a network that was loaded. */
const valuesOf = (module: Module, options?: MatchOptions): Readonly<Record<string, readonly number[]>> => {
  const scope = testScope({ shape: [1, 2, 1] });
  assert.equal(refusals(load(module, file, options), scope), []);
  return Object.fromEntries(scope.parameters.list().map(({ path, value }) => [path, [...elements(value)]]));
};

const refusalOf = (options?: MatchOptions, module = network): readonly string[] =>
  refusals(load(module, file, options), testScope({ shape: [1, 2, 1] }));

const own: Tensors = {
  "conv1.weight": [2, 1, 1, 1],
  "conv1.bias": [2],
  "dense1.weight": [1, 4],
  "dense1.bias": [1],
};

// Columns of PyTorch: channel 0 at both pixels, then channel 1; ours: both channels of a pixel, then of the next one.
const values = {
  "conv1/weight": [1, 2],
  "conv1/bias": [1, 2],
  "dense1/weight": [1, 3, 2, 4],
  "dense1/bias": [1],
};

test("names are ours, also behind a common first part, and counters are left alone", () => {
  write(own);
  assert.equal(valuesOf(network), values);
  write(
    Object.fromEntries(
      [...Object.entries(own), ["norm.num_batches_tracked", []]].map(([name, shape]) => [
        `module.${name}`,
        shape as number[],
      ]),
    ),
  );
  assert.equal(valuesOf(network), values);
});

test("a part of a network is loaded by the names below it", () => {
  write(own);
  const scope = testScope({ shape: [1, 2, 1] });
  assert.equal(refusals(under("left", load(network, file)), scope), []);
  for (const { path, value } of scope.parameters.list())
    assert.equal([...elements(value)], values[path.slice("left/".length) as keyof typeof values], path);
});

test("a map names layers, all below a path, and single parameters", () => {
  write({ "features.0.weight": [2, 1, 1, 1], b: [2], "head.fc.weight": [1, 4], "head.fc.bias": [1] });
  const names = { "net/conv1": "features.0", "net/conv1/bias": "b", net: "head", "net/dense1": "head.fc" };
  const found = valuesOf(under("net", network), { names });
  assert.equal(found["net/dense1/weight"], [1, 3, 2, 4]);
  assert.equal(found["net/conv1/bias"], [1, 2]);
});

test("a checkpoint of ours is read as it is, without what its optimizer has kept", () => {
  write(
    {
      "conv1/weight": [2, 1, 1, 1],
      "conv1/bias": [2],
      "dense1/weight": [1, 1, 1, 4],
      "dense1/bias": [1],
      "conv1/weight/velocity": [2, 1, 1, 1],
    },
    { format: "rangeflow-checkpoint" },
  );
  assert.equal(valuesOf(network)["dense1/weight"], [1, 2, 3, 4]);
});

test("layers that are left out, by our names or theirs, keep their first values", () => {
  write({ ...own, "dense1.weight": [7, 4], "dense1.bias": [7], "extra.weight": [3] });
  const scope = testScope({ shape: [1, 2, 1] });
  network(scope);
  const first = [...elements(scope.parameters.find("dense1/weight")!.value)];
  const found = valuesOf(network, { except: ["dense1", "extra"] });
  assert.equal(found["dense1/weight"], first);
  assert.equal(found["conv1/weight"], [1, 2]);
});

test("all names that are left over on either side are told in one sentence, with the nearest ones", () => {
  write({
    "conv.weight": [2, 1, 1, 1],
    "conv1.bias": [2],
    "dense1.weight": [1, 4],
    "dense1.bias": [1],
    more: [1],
  });
  const [found, ...others] = refusalOf();
  assert.equal(others, []);
  assert.match(
    found!,
    /w\.safetensors: no tensor for conv1\/weight \(conv1\.weight, nearest conv\.weight\), and no parameter for conv\.weight, more, by names of rangeflow, expected a tensor for each parameter, and a parameter for each tensor; give a map of names such as \{ "conv1\/weight": "conv\.weight" \} \(--init-names FILE\.json, in code names\), or leave layers out/,
  );
});

/** What a file is refused with: the parameters that it lacks, and the map that is offered. */
const offered = (tensors: Tensors, module?: Module): readonly [lacks: string, map: string] => {
  write(tensors);
  const [, lacks = "", map = ""] =
    /no tensor for (.*), and no parameter for .*give a map of names such as (.*) \(--init-names/.exec(
      refusalOf({}, module).join(),
    ) ?? [];
  return [lacks, map];
};

test("a tensor that alone has the shape of a parameter is named, with the map that finds it", () => {
  const fc: Tensors = {
    "conv1.weight": [2, 1, 1, 1],
    "conv1.bias": [2],
    "fc.weight": [1, 4],
    "fc.bias": [1],
  };
  const [lacks, map] = offered(fc);
  assert.is(
    lacks,
    "dense1/weight (dense1.weight; fc.weight has its shape 1x4), dense1/bias (dense1.bias; fc.bias has its shape 1)",
  );
  assert.is(map, '{ "dense1": "fc" }');
  assert.equal(refusalOf({ names: JSON.parse(map) }), []);
});

test("a map that is offered keeps the entries of the map that was given, but for those that find nothing", () => {
  write({ "c.weight": [2, 1, 1, 1], "c.bias": [2], "fc.part.weight": [1, 4], "fc.part.bias": [1] });
  const map = / such as (\{.*\}) \(/.exec(refusalOf({ names: { conv1: "c", dense1: "fc" } }).join())?.[1];
  assert.is(map, '{ "conv1": "c", "dense1": "fc.part" }');
  assert.equal(refusalOf({ names: JSON.parse(map!) }), []);
});

test("parameters are mapped by themselves where their layer has others, and behind a prefix", () => {
  const odd: Tensors = {
    "m.conv1.weight": [2, 1, 1, 1],
    "m.conv1.bias": [2],
    "m.w": [1, 4],
    "m.q.bias": [1],
  };
  const [, map] = offered(odd);
  assert.is(map, '{ "dense1/weight": "w", "dense1/bias": "q.bias" }');
  assert.equal(refusalOf({ names: JSON.parse(map) }), []);
});

test("a shape that two tensors or two parameters have offers nothing by itself", () => {
  const saidOf = (units: readonly [number, number]): string => {
    const [one, two] = units;
    const b: Tensors = { "b.weight": [two, one], "b.bias": [two] };
    write({ "a.weight": [one, 4], "a.bias": [one], ...b });
    const network = sequential(dense("one", { units: one }), dense("two", { units: two }));
    return refusals(load(network, file), testScope({ shape: [1, 2, 2] })).join();
  };
  // Biases alike are found with their weights.
  assert.match(
    saidOf([2, 2]),
    /one\/bias \(one\.bias\), two\/weight .* such as \{ "one": "a", "two": "b" \} /,
  );
  assert.match(saidOf([4, 4]), / give a map of names \{ "ours": "theirs" \} /);
});

test("a wrong shape is named with both shapes, and how its layer is left out", () => {
  write({ ...own, "dense1.weight": [7, 4] });
  assert.match(
    refusalOf().join(),
    /tensor dense1\.weight of 7x4 for dense1\/weight, expected 1x4 or 1x2x1x2; use a network of that size, or leave the layer at its first values \(--init-except dense1, in code except\)/,
  );
});

test("names and patterns that stand for nothing are refused", () => {
  write(own);
  assert.match(refusalOf({ names: { conv2: "c" } }).join(), /the name conv2, expected conv1/);
  assert.match(
    refusalOf({ except: ["dense2"] }).join(),
    /"dense2", which leaves nothing out, expected the name of a layer, such as dense1/,
  );
  assert.match(
    refusalOf({ names: "torchvision" }).join(),
    /names: torchvision, which does not have this network, expected one of resnet18, vgg16, mobileNetV2/,
  );
  assert.match(
    refusalOf({ except: ["*"] }).join(),
    /weights that are all left out, expected at least one to start from/,
  );
  assert.throws(
    () => load(network, file, { exept: [] } as never),
    /load: an unknown option exept, expected except/,
  );
});

test("a run in code knows the file by its content", () => {
  const probesOf = (): readonly unknown[] =>
    plannedModel(load(lenet, file, { except: ["dense*"] }), [28, 28, 1]).notes.flatMap((note) =>
      note._tag === "Functions" && note.place === "the weights that a file has" ? [...note.probe!()] : [],
    );
  const lenet = lenet5({ classes: 10 });
  const convolutions = { "conv1.weight": [6, 1, 5, 5], "conv1.bias": [6], "conv2.weight": [16, 6, 5, 5] };
  write({ ...convolutions, "conv2.bias": [16] });
  const before = probesOf();
  assert.is(before.length, 2);
  assert.equal(probesOf(), before);
  write({ ...convolutions, "conv2.bias": [16], "dense.weight": [1] });
  assert.not.equal(probesOf(), before);
});

test.run();
