/** @file What `.ci/oracles` installs beside what Python has, with a Python that only tells what it is asked. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./pipelines/files/scratch.ts";

const test = suite("oracles of .ci/run");

/** A `python3` with these modules, whose pip installs nothing; with `torch` it says which version that is. */
const stub = (modules: readonly string[], torch: string): string => `#!/bin/bash
case "$*" in
  *"pip install"*) echo "$*" >>"$(dirname "$0")/pip.log"; exit 1 ;;
  *find_spec*) for one in ${modules.join(" ")}; do case "$*" in *"('$one')"*) exit 0 ;; esac; done; exit 1 ;;
  *metadata*) echo ${torch} ;;
esac
`;

/** Arguments of `pip install -q` where Python has these modules alone. */
const installed = (modules: readonly string[], torch = ""): readonly string[] => {
  const bin = scratch();
  writeFileSync(join(bin, "python3"), stub(modules, torch));
  chmodSync(join(bin, "python3"), 0o755);
  const { status, stderr } = spawnSync(resolve(".ci/oracles"), {
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  const log = join(bin, "pip.log");
  if (!existsSync(log)) return [];
  return readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replace("-m pip install -q ", ""));
};

const all = [
  ...["numpy", "PIL", "torch", "torchvision", "safetensors", "pycocotools", "pyarrow", "tensorboard"],
  ...["onnx", "onnxruntime", "moto", "scipy", "statsmodels", "torchao", "gfloat"],
];
const without = (...names: readonly string[]) => all.filter((name) => !names.includes(name));

test("nothing is installed where all is there", () => assert.equal(installed(all, "2.13.0"), []));

test("torchvision comes by itself, of the PyTorch that is there, and brings no other one", () => {
  assert.equal(installed(without("torchvision"), "2.13.0+cpu"), ["--no-deps torchvision==0.28.*"]);
  assert.equal(installed(without("torchvision"), "2.6.0"), ["--no-deps torchvision==0.21.*"]);
  assert.equal(installed(without("torchvision"), "3.0.0"), []);
});

test("each module is asked for by itself, and none that cannot be had ends it", () => {
  assert.equal(installed(without("onnx")), ["onnx==1.23.2"]);
  assert.is(installed([]).length, all.length - 1);
});

test.run();
