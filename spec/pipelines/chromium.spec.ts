/**
 * @file Two steps in Chromium on WebGPU give the bits of the reference in Node, with all tensors on the device.
 *
 * Runs where `chromium` (or what RANGEFLOW_CHROMIUM names) is installed; it brings a WebGPU adapter of its own, SwiftShader.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pauseFor } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../core/engines/reference/engine.ts";
import { serve } from "../support/esmServer.ts";
import { type TwoSteps, twoSteps } from "../support/twoSteps.ts";

const chromium = process.env.RANGEFLOW_CHROMIUM ?? "chromium";
const patience = 120_000;

const imports = {
  ndarray: "/node_modules/ndarray",
  "ndarray-ops": "/node_modules/ndarray-ops",
  rxjs: "/node_modules/rxjs/dist/esm/index.js",
  "fp-ts/lib/": "/node_modules/fp-ts/es6/",
  tslib: "/node_modules/tslib/tslib.es6.mjs",
};

const script = `
import { gpu } from "/dist/core/engines/gpu/engine.js";
import { simd } from "/dist/core/engines/simd/engine.js";
import { twoSteps } from "/dist/spec/support/twoSteps.js";
const post = (body) => fetch("/", { method: "POST", body: JSON.stringify(body) });
try {
  const opened = await gpu({ host: simd(), mode: "webgpu", navigatorGpu: navigator.gpu });
  if (opened._tag === "Left") throw new Error(JSON.stringify(opened.left));
  const engine = opened.right;
  const found = await twoSteps(engine);
  await post({ backend: engine.backend, found });
} catch (error) {
  await post({ error: String(error?.stack ?? error) });
}
`;

interface Posted {
  readonly backend?: string;
  readonly found?: TwoSteps;
  readonly error?: string;
}

const flags = [
  "--headless",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dev-shm-usage",
];

/** What the page says, in a Chromium of its own. */
const visited = async (): Promise<Posted> => {
  const server = await serve(script, imports);
  const profile = mkdtempSync(join(tmpdir(), "rangeflow-chromium-"));
  let browser: ChildProcess | undefined;
  try {
    browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, server.url], { stdio: "ignore" });
    const silence = pauseFor(patience, JSON.stringify({ error: "the page says nothing" }), { ref: false });
    return JSON.parse(await Promise.race([server.posted, silence]));
  } finally {
    const ended = browser && new Promise((resolve) => browser?.once("exit", resolve));
    browser?.kill();
    await ended;
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
};

const test = suite("chromium");

if (spawnSync(chromium, ["--version"]).status !== 0) test.skip("needs chromium");
else
  test("two steps of LeNet-5 in the browser are those of the reference", async () => {
    const { backend, found, error } = await visited();
    assert.is(error, undefined);
    assert.match(backend ?? "", /^gpu\.js webgpu .*resident$/);
    assert.equal(found, await twoSteps(reference()));
  });

test.run();
