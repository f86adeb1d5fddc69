/**
 * @file Makes `onnx_pb.ts` of `onnx.proto`, or prints it: `node pipelines/onnx/proto/generate.mjs [--print]`.
 *
 * The compiler is the one in Python's grpcio-tools (`pip install grpcio-tools`), the generator that of `@bufbuild/protobuf`, which
 * `npm run build:onnx` installs into `spec/protobuf` first. `onnx.proto` and LICENSE are those of ONNX 1.23.2 (`onnx/onnx.proto` of
 * https://github.com/onnx/onnx), unchanged.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const plugin = fileURLToPath(
  new URL("../../../spec/protobuf/node_modules/.bin/protoc-gen-es", import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), "rangeflow-proto-"));
try {
  const { status, stderr, error } = spawnSync(
    "python3",
    [
      ...["-m", "grpc_tools.protoc", "-I", here, `--plugin=protoc-gen-es=${plugin}`],
      ...[`--es_out=${folder}`, "--es_opt=target=ts", "onnx.proto"],
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`protoc failed: ${error?.message ?? stderr}`);
  const made = join(folder, "onnx_pb.ts");
  if (process.argv.includes("--print")) process.stdout.write(readFileSync(made));
  else copyFileSync(made, join(here, "onnx_pb.ts"));
} finally {
  rmSync(folder, { recursive: true });
}
