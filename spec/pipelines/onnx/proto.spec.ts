/** @file The protobuf code of ONNX: made by its generator, and of the same mind as the package onnx. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ModelProtoSchema, TensorProto_DataType } from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { golden, isPrintedBy } from "../../support/golden.ts";

const test = suite("ONNX protobuf");

const bytes = (): Uint8Array =>
  Buffer.from((golden("onnxModel") as { readonly model: string }).model, "base64");

test("a model that the package onnx has written is read: nodes, attributes, tensors, shapes", () => {
  const { irVersion, producerName, opsetImport, graph } = fromBinary(ModelProtoSchema, bytes());
  assert.is(irVersion, 10n);
  assert.is(producerName, "golden");
  assert.equal(
    opsetImport.map(({ domain, version }) => [domain, version]),
    [["", 21n]],
  );
  assert.equal(
    graph?.node.map(({ opType, input, output }) => [opType, input, output]),
    [
      ["DequantizeLinear", ["dense/weights", "dense/scale", "dense/zero"], ["w"]],
      ["Gemm", ["x", "w", "dense/bias"], ["y"]],
    ],
  );
  assert.equal(
    graph?.node[1]?.attribute.map(({ name, i, f }) => [name, i, f]),
    [
      ["alpha", 0n, 1],
      ["transB", 1n, 0],
    ],
  );
  const [weights, , , bias] = graph?.initializer ?? [];
  assert.ok(weights);
  assert.is(weights.dataType, TensorProto_DataType.INT8);
  assert.equal(weights?.dims, [2n, 4n]);
  assert.equal([...new Int8Array(weights.rawData)], [-4, -3, -2, -1, 0, 1, 2, 3]);
  assert.equal(bias?.floatData, [1.5, -2]);
  assert.equal(
    graph?.input[0]?.type?.value.case === "tensorType" &&
      graph.input[0].type.value.value.shape?.dim.map(({ value }) => value),
    [
      { case: "dimParam", value: "N" },
      { case: "dimValue", value: 4n },
    ],
  );
});

test("what was read is written back byte for byte", () => {
  assert.equal([...toBinary(ModelProtoSchema, fromBinary(ModelProtoSchema, bytes()))], [...bytes()]);
});

const generated = "the code is what its generator makes of onnx.proto";
if (
  existsSync("spec/protobuf/node_modules/.bin/protoc-gen-es") &&
  spawnSync("python3", ["-c", "import grpc_tools"]).status === 0
)
  test(generated, () => {
    const { stdout, stderr } = spawnSync("node", ["pipelines/onnx/proto/generate.mjs", "--print"], {
      encoding: "utf8",
    });
    assert.is(stderr, "");
    assert.ok(stdout === readFileSync("pipelines/onnx/proto/onnx_pb.ts", "utf8"));
  });
else test.skip(generated);

isPrintedBy(test, "onnxModel", { title: "ONNX", module: "onnx", install: "onnx==1.23.2" });

test.run();
