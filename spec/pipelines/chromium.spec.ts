/**
 * @file Two steps in Chromium on WebGPU give the bits of the reference in Node, with all tensors on the device; so do elementary functions.
 *
 * Runs where `chromium` (or what RANGEFLOW_CHROMIUM names) is installed; it brings a WebGPU adapter of its own, SwiftShader.
 */
import { spawn } from "node:child_process";
import { setTimeout as pauseFor } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../core/engines/reference/engine.ts";
import { elementaryBits } from "../support/elementaryBits.ts";
import { serve } from "../support/esmServer.ts";
import { type TwoSteps, twoSteps } from "../support/twoSteps.ts";
import { scratch } from "./files/scratch.ts";

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
import { elementaryBits } from "/dist/spec/support/elementaryBits.js";
import { twoSteps } from "/dist/spec/support/twoSteps.js";
const post = (body) => fetch("/", { method: "POST", body: JSON.stringify(body) });
try {
  if (!(await navigator.gpu?.requestAdapter())) await post({ lacking: "an adapter" });
  else {
    const opened = await gpu({ host: simd(), mode: "webgpu", navigatorGpu: navigator.gpu });
    if (opened._tag === "Left") throw new Error(JSON.stringify(opened.left));
    const engine = opened.right;
    const found = await twoSteps(engine);
    await post({ backend: engine.backend, found, bits: elementaryBits() });
  }
} catch (error) {
  await post({ error: String(error?.stack ?? error) });
}
`;

interface Posted {
  /** Feature that this Chromium does not have, so that nothing could be tried. */
  readonly lacking?: string;
  readonly backend?: string;
  readonly found?: TwoSteps;
  readonly bits?: ReturnType<typeof elementaryBits>;
  readonly error?: string;
}

const flags = [
  "--headless",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dev-shm-usage",
];

/** Report of the page, in a Chromium of its own; one that ends before it has asked for the page is not there, or half installed. */
const visited = async (): Promise<Posted> => {
  const server = await serve(script, imports);
  const profile = scratch();
  const browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, server.url], {
    stdio: "ignore",
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    browser.once("error", ({ message }) => resolve(message));
    browser.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  try {
    const silence = pauseFor(patience, JSON.stringify({ error: "the page says nothing" }), { ref: false });
    const gone = ended.then((how) =>
      JSON.stringify(server.wasAsked() ? { error: how } : { lacking: `a page to show: ${how}` }),
    );
    return JSON.parse(await Promise.race([server.posted, silence, gone]));
  } finally {
    // All of its processes, which else write to the profile while it is removed.
    if (browser.pid !== undefined && browser.exitCode === null && browser.signalCode === null)
      process.kill(-browser.pid, "SIGKILL");
    await ended;
    server.close();
  }
};

const test = suite("chromium");

const { lacking, backend, found, bits, error } = await visited();

if (lacking !== undefined) test.skip(`a Chromium without ${lacking}`);
else {
  test("two steps of LeNet-5 in the browser are those of the reference", async () => {
    assert.is(error, undefined);
    assert.match(backend ?? "", /^gpu\.js webgpu .*resident$/);
    assert.equal(found, await twoSteps(reference()));
  });

  test("elementary functions have the bits that they have in Node", () => {
    assert.equal(bits, elementaryBits());
  });
}

test.run();
