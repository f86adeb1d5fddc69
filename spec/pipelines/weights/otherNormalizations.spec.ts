/** @file Batch normalizations of ONNX files that compute otherwise than ours, and those that a file lacks since they were folded. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { nodeProto } from "../../../pipelines/onnx/nodes.ts";
import { load } from "../../../pipelines/weights/load.ts";
import { refusals, testScope } from "../../support/testScope.ts";
import { floats, written } from "../onnx/models.ts";

const test = suite("normalizations of ONNX files");

const network = sequential(
  conv2d("conv1", { outChannels: 2, kernel: 1, bias: false }),
  batchNorm("norm1"),
  batchNorm("norm2"),
);

const fields = ["weight", "bias", "running_mean", "running_var"];
const ofNorm = (name: string) => fields.map((field) => floats(`${name}.${field}`, [2], 1, 2));
const tensors = [floats("conv1.weight", [2, 1, 1, 1], 1, 2), ...ofNorm("norm1"), ...ofNorm("norm2")];
const conv = nodeProto("Conv", ["x", "conv1.weight"], "c");
const norm = (name: string, input: string, attributes: Parameters<typeof nodeProto>[3]) =>
  nodeProto("BatchNormalization", [input, ...fields.map((field) => `${name}.${field}`)], name, attributes);

const refusalsOf = (nodes: Parameters<typeof written>[0], module = network): readonly string[] =>
  refusals(load(module, written(nodes, tensors)), testScope({ shape: [2, 2, 1] }));

test("another epsilon is refused, once for all normalizations", () => {
  const of = (epsilon: number) => ({ epsilon: { float: epsilon } });
  const both = (one: number, two: number) => [
    conv,
    norm("norm1", "c", of(one)),
    norm("norm2", "norm1", of(two)),
  ];
  assert.equal(refusalsOf(both(1e-5, 1e-5)), []);
  assert.equal(refusalsOf([conv, norm("norm1", "c", {}), norm("norm2", "norm1", {})]), []);
  const [said, ...more] = refusalsOf(both(1e-3, 1e-3));
  assert.equal(more, []);
  assert.match(
    said!,
    /: epsilon 0\.001 in the normalization of norm1\.weight and of 1 more, expected epsilon 0\.00001, as norm1 has it; .*batchNorm\(name, \{ epsilon \}\)/,
  );
  assert.match(
    refusalsOf(both(1e-5, 0.1))[0]!,
    /: epsilon 0\.1 in the normalization of norm2\.weight, expected/,
  );
  const loose = sequential(
    conv2d("conv1", { outChannels: 2, kernel: 1, bias: false }),
    batchNorm("norm1", { epsilon: 0.1 }),
    batchNorm("norm2"),
  );
  assert.equal(refusalsOf(both(0.1, 1e-5), loose), []);
});

test("a file with fewer normalizations than the network is told to have folded ones, and how to write it", () => {
  const folded = (nodes: Parameters<typeof written>[0], module = network) => refusalsOf(nodes, module)[0]!;
  assert.match(
    folded([conv]),
    /: 0 batch normalizations for the 2 of the network: .*, expected a BatchNormalization for each; export .*TrainingMode\.PRESERVE, do_constant_folding=False and dynamo=False .*without --batch-norm folded/,
  );
  assert.match(folded([conv, norm("norm1", "c", {})]), /: 1 batch normalization for the 2 /);
  assert.not.match(folded([conv]), /give a map of names/);
});

test("normalizations of other names are named", () => {
  const renamed = [conv, norm("norm1", "c", {}), norm("norm1", "n", {})].map((node, i) => ({
    ...node,
    output: [["c", "n", "y"][i]!],
  }));
  assert.match(refusalsOf(renamed)[0]!, /no tensor for norm2\/scale .*give a map of names/);
});

test.run();
