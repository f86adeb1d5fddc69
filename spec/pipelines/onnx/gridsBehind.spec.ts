/** @file Grids of layers in ONNX files: which quantizer in front of a layer is the one of its input, and which codes it has. */
import { create } from "@bufbuild/protobuf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeProto } from "../../../pipelines/onnx/nodes.ts";
import {
  TensorProto_DataType as DataType,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
} from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { type LayerGrids, openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { sentenceOf } from "../files/scratch.ts";
import { floats, gemm, int8, weightsIn, written } from "./models.ts";

const test = suite("grids behind what stands between");

const uint8 = (name: string, ...codes: readonly number[]): TensorProto =>
  create(TensorProtoSchema, { name, dataType: DataType.UINT8, rawData: Uint8Array.from(codes) });

const int32 = (name: string, code: number): TensorProto =>
  create(TensorProtoSchema, { name, dataType: DataType.INT32, dims: [1n], int32Data: [code] });

const quantize = nodeProto("QuantizeLinear", ["x", "s", "z"], "q");
const dequantize = (codes: string): NodeProto => nodeProto("DequantizeLinear", [codes, "s", "z"], "d");
const layer = nodeProto("Gemm", ["f", "w"], "y", { transB: 1 });

/** Scale 1/2 and zero point 17 of uint8: numbers from -8.5 to 119. */
const grid = { scale: [0.5], zeroPoint: [17], qmin: 0, qmax: 255 };
const held = [floats("w", [1, 1], 1), floats("s", [], 0.5), uint8("z", 17)];

const gridsOf = (node: readonly NodeProto[], tensors: readonly TensorProto[] = held): LayerGrids =>
  openOnnx(written(node, tensors)).grids.get("w")!;

/** Grid of the input of a layer behind a quantizer, with a node between. */
const behind = (between: NodeProto, more: readonly TensorProto[] = []): LayerGrids["input"] =>
  gridsOf([quantize, dequantize("q"), between, layer], [...held, ...more]).input;

for (const opType of [
  ...["Relu", "MaxPool", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"],
  ...["Identity", "Dropout", "Slice", "DepthToSpace"],
])
  test(`a quantizer in front of ${opType} is that of the next layer`, () =>
    assert.equal(behind(nodeProto(opType, ["d"], "f")), grid));

for (const opType of ["AveragePool", "GlobalAveragePool", "Pad", "Softmax", "BatchNormalization"])
  test(`numbers behind ${opType} are on no grid`, () =>
    assert.is(behind(nodeProto(opType, ["d"], "f")), undefined));

test("several stand between, such as a rectifier, a pool and a flatten, before codes and behind them", () => {
  const nodes = [
    quantize,
    nodeProto("Relu", ["q"], "qr"),
    nodeProto("MaxPool", ["qr"], "qm"),
    dequantize("qm"),
    nodeProto("Relu", ["d"], "r"),
    nodeProto("MaxPool", ["r"], "m"),
    nodeProto("Flatten", ["m"], "f"),
    layer,
  ];
  assert.equal(gridsOf(nodes).input, grid);
});

test("a Clip of numbers keeps the grid where its bounds are on it, or beyond it", () => {
  const clip = nodeProto("Clip", ["d", "lo", "hi"], "f");
  const between = (lo: number, hi: number) => behind(clip, [floats("lo", [], lo), floats("hi", [], hi)]);
  for (const [lo, hi] of [
    [0, 6],
    [-8.5, 119],
    [-100, 200],
    [-1.5, Number.POSITIVE_INFINITY],
  ] as const)
    assert.equal(between(lo, hi), grid, `${lo} ${hi}`);
  for (const [lo, hi] of [
    [0, 6.25],
    [-0.1, 6],
    [0, 118.9],
    [130, 140],
    [-20, -10],
  ] as const)
    assert.is(between(lo, hi), undefined, `${lo} ${hi}`);
  assert.equal(behind(nodeProto("Clip", ["d"], "f")), grid);
  assert.equal(behind(nodeProto("Clip", ["d", "", "hi"], "f"), [floats("hi", [], 6)]), grid);
  assert.is(behind(nodeProto("Clip", ["d", "", "x"], "f")), undefined);
});

test("a Clip of codes leaves the codes that it has", () => {
  const nodes = (clip: NodeProto) => [quantize, clip, dequantize("c"), { ...layer, input: ["d", "w"] }];
  const upTo = nodes(nodeProto("Clip", ["q", "", "hi"], "c"));
  assert.equal(gridsOf(upTo, [...held, uint8("hi", 127)]).input, { ...grid, qmax: 127 });
  const both = nodes(nodeProto("Clip", ["q", "lo", "hi"], "c"));
  const ends = [uint8("lo", 3), uint8("hi", 130)];
  assert.equal(gridsOf(both, [...held, ...ends]).input, { ...grid, qmin: 3, qmax: 130 });
  assert.equal(
    gridsOf(nodes(nodeProto("Relu", ["q"], "c")), [
      floats("w", [1, 1], 1),
      floats("s", [], 0.5),
      int8("z", [], -3),
    ]).input,
    { scale: [0.5], zeroPoint: [-3], qmin: 0, qmax: 127 },
  );
  assert.match(
    sentenceOf(() => gridsOf(both, [...held, uint8("lo", 9), uint8("hi", 9)])),
    /: Clip c with bounds 9 and 9 of codes, expected bounds that leave at least two codes/,
  );
  assert.match(
    sentenceOf(() => gridsOf(nodes(nodeProto("Clip", ["q", "", "x"], "c")))),
    /: Clip c with a computed bound, expected one that the file contains/,
  );
});

test("weights that are rounded to clipped codes stay what they are, and have the grid of those", () => {
  const nodes = [
    nodeProto("QuantizeLinear", ["w", "s", "z"], "wq"),
    nodeProto("Clip", ["wq", "lo", "hi"], "wc"),
    nodeProto("DequantizeLinear", ["wc", "s", "z"], "wd"),
    nodeProto("Gemm", ["x", "wd"], "y", { transB: 1 }),
  ];
  const [weights, scale] = held;
  const tensors = [weights!, scale!, int8("z", [], 0), int8("lo", [], -64), int8("hi", [], 63)];
  assert.equal(weightsIn(written(nodes, tensors), "w"), [[1, 1], [1]]);
  // Symmetric ones end like ours, one code later.
  assert.equal(gridsOf(nodes, tensors).weight, {
    scale: [0.5],
    zeroPoint: [0],
    qmin: -63,
    qmax: 63,
    leftOut: -64,
  });
});

test("an image that is padded, quantized and clipped is padded", () => {
  const conv = nodeProto("Conv", ["d", "k"], "y");
  const nodes = [
    nodeProto("Pad", ["x"], "p"),
    { ...quantize, input: ["p", "s", "z"] },
    nodeProto("Clip", ["q", "", "hi"], "c"),
    dequantize("c"),
    conv,
  ];
  const tensors = [...held, uint8("hi", 127), floats("k", [1, 1, 1, 1], 1)];
  assert.is(openOnnx(written(nodes, tensors)).tensors.get("k")?.slide?.pads, undefined);
  const pooled = [nodes[0]!, nodeProto("MaxPool", ["p"], "d"), conv];
  assert.equal(openOnnx(written(pooled, tensors)).tensors.get("k")?.slide?.pads, [0, 0, 0, 0]);
});

test("scales and zero points may stand behind Identity and Cast, as torch.onnx.export writes equal ones", () => {
  const nodes = [
    nodeProto("Identity", ["s0"], "s"),
    nodeProto("Identity", ["z0"], "z1"),
    nodeProto("Cast", ["z1"], "z", { to: DataType.UINT8 }),
    quantize,
    dequantize("q"),
    { ...layer, input: ["d", "w"] },
  ];
  const tensors = (zero: TensorProto) => [floats("w", [1, 1], 1), floats("s0", [], 0.5), zero];
  assert.equal(gridsOf(nodes, tensors(int32("z0", 17))).input, grid);
  for (const code of [256, -1])
    assert.match(
      sentenceOf(() => gridsOf(nodes, tensors(int32("z0", code)))),
      new RegExp(`: Cast z with ${code} as UINT8, expected a number that the type can hold`),
    );
  const computed = [
    nodeProto("Mul", ["x", "x"], "z"),
    quantize,
    dequantize("q"),
    { ...layer, input: ["d", "w"] },
  ];
  assert.match(
    sentenceOf(() => gridsOf(computed, [floats("w", [1, 1], 1), floats("s", [], 0.5)])),
    /: DequantizeLinear d with a computed zero point, expected one that the file contains/,
  );
});

test("codes that stand for other numbers than those that they were made of are refused", () => {
  const nodes = [
    quantize,
    nodeProto("DequantizeLinear", ["q", "s2", "z2"], "d"),
    { ...layer, input: ["d", "w"] },
  ];
  const said = (scale: number, zero: number): string =>
    sentenceOf(() => gridsOf(nodes, [...held, floats("s2", [], scale), uint8("z2", zero)]));
  assert.match(
    said(0.25, 17),
    /: DequantizeLinear d with scale 0\.25 and zero point 17, expected those of QuantizeLinear q, scale 0\.5 and zero point 17/,
  );
  assert.match(said(0.5, 27), / with scale 0\.5 and zero point 27, expected those of QuantizeLinear q, /);
  assert.equal(gridsOf(nodes, [...held, floats("s2", [], 0.5), uint8("z2", 17)]).input, grid);
});

/** Codes 2x3 with scales along an axis, into a layer. */
const alongAxis = (scales: readonly number[], attributes: { readonly axis?: number }, product: NodeProto) =>
  openOnnx(
    written(
      [nodeProto("DequantizeLinear", ["w_quantized", "s", "z"], "w", attributes), product],
      [
        int8("w_quantized", [2, 3], 1, 2, 3, 4, 5, 6),
        floats("s", [scales.length], ...scales),
        int8("z", [scales.length], ...scales.map(() => 0)),
      ],
    ),
  );

test("scales of weights say which axis they belong to, unless it is that of output channels", () => {
  const ends = { qmin: -127, qmax: 127, leftOut: -128 };
  const three = { scale: [1, 2, 4], zeroPoint: [0, 0, 0], ...ends };
  const two = { scale: [1, 2], zeroPoint: [0, 0], ...ends };
  const matMul = nodeProto("MatMul", ["x", "w"], "y");
  // Axis 1 where nothing is said: input channels of [out, in], output channels of [in, out].
  assert.equal(alongAxis([1, 2, 4], {}, gemm).grids.get("w")?.weight, { ...three, axis: 1 });
  assert.equal(alongAxis([1, 2], { axis: 0 }, gemm).grids.get("w")?.weight, two);
  assert.equal(alongAxis([1, 2, 4], { axis: -1 }, matMul).grids.get("w")?.weight, three);
  assert.equal(alongAxis([1, 2], { axis: -2 }, matMul).grids.get("w")?.weight, { ...two, axis: 1 });
  assert.equal([...alongAxis([1, 2, 4], {}, gemm).tensors.get("w")!.read()], [1, 4, 12, 4, 10, 24]);
});

test("scales of float32 weights that the model rounds are one for each channel, too", () => {
  const nodes = (axis: number) => [
    nodeProto("QuantizeLinear", ["w", "s", "z"], "q", { axis }),
    nodeProto("DequantizeLinear", ["q", "s", "z"], "wd", { axis }),
    nodeProto("Gemm", ["x", "wd"], "y", { transB: 1 }),
  ];
  const tensors = [floats("w", [1, 2], 1, 2), floats("s", [2], 1, 2), int8("z", [2], 0, 0)];
  assert.is(gridsOf(nodes(1), tensors).weight?.axis, 1);
  assert.match(
    sentenceOf(() => gridsOf(nodes(0), tensors)),
    /: DequantizeLinear wd with 2 scales along axis 0 of \[1, 2\], expected one for each channel/,
  );
});

test.run();
