/** @file Convolutions of ONNX files that go over their images otherwise than ours, though their weights have the same shape. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { nodeProto } from "../../../pipelines/onnx/nodes.ts";
import { load } from "../../../pipelines/weights/load.ts";
import { refusals, testScope } from "../../support/testScope.ts";
import { floats, int8, written } from "../onnx/models.ts";

const test = suite("how convolutions slide");

const network = conv2d("conv1", { outChannels: 2, kernel: 3, stride: 2, padding: 1 });

const weights = floats("conv1.weight", [2, 1, 3, 3], ...Array(18).fill(1));
const ours = { strides: [2, 2], pads: [1, 1, 1, 1] };

const refusalsOf = (attributes: Parameters<typeof nodeProto>[3], module = network): readonly string[] => {
  const path = written([nodeProto("Conv", ["x", "conv1.weight"], "y", attributes)], [weights]);
  return refusals(load(module, path), testScope({ shape: [8, 8, 1] }));
};

test("a convolution that slides like ours is read, whether or not it says what is usual", () => {
  assert.equal(refusalsOf(ours), []);
  assert.equal(refusalsOf({ ...ours, dilations: [1, 1], group: 1, auto_pad: "NOTSET" }), []);
  assert.equal(refusalsOf({}, conv2d("conv1", { outChannels: 2, kernel: 3 })), []);
  assert.equal(refusalsOf({ auto_pad: "VALID" }, conv2d("conv1", { outChannels: 2, kernel: 3 })), []);
});

test("other strides, pads, dilations and groups are refused", () => {
  for (const [attributes, text] of [
    [{ pads: ours.pads }, "strides 1, 1, expected strides 2, 2, as conv1 has it; "],
    [{ ...ours, pads: [0, 0, 1, 1] }, "pads 0, 0, 1, 1, expected pads 1, 1, 1, 1, as conv1 has it; "],
    [{ ...ours, dilations: [2, 2] }, "dilations 2, 2, expected dilations 1, 1, as conv1 has it; "],
    [{ ...ours, group: 2 }, "group 2, expected group 1, as conv1 has it; "],
    [
      { strides: [1, 2], pads: [0, 0, 0, 0] },
      "strides 1, 2 and pads 0, 0, 0, 0, expected strides 2, 2 and pads 1, 1, 1, 1, as conv1 has it; ",
    ],
  ] as const) {
    const [said, ...more] = refusalsOf(attributes);
    assert.equal(more, []);
    assert.ok(said?.includes(`: tensor conv1.weight of a convolution with ${text}`), said);
  }
});

test("pads that a runtime chooses, or that a node in front makes, are not compared", () => {
  assert.equal(refusalsOf({ strides: [2, 2], auto_pad: "SAME_UPPER" }), []);
  const nodes = [
    nodeProto("Pad", ["x", "sides"], "p"),
    nodeProto("QuantizeLinear", ["p", "s", "z"], "q"),
    nodeProto("DequantizeLinear", ["q", "s", "z"], "d"),
    nodeProto("Conv", ["d", "conv1.weight"], "y", { strides: [2, 2] }),
  ];
  const tensors = [weights, floats("sides", [1], 0), floats("s", [], 1), int8("z", [], 0)];
  assert.equal(refusals(load(network, written(nodes, tensors)), testScope({ shape: [8, 8, 1] })), []);
});

test.run();
