/** @file The entrance of charts serves pages: nothing in it needs Node. */
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("rangeflow/charts");

test("it can be bundled for a browser, which has no modules of Node", async () => {
  const { errors, outputFiles } = await build({
    entryPoints: ["dist/pipelines/charts.js"],
    ...{ bundle: true, write: false, platform: "browser", format: "esm", logLevel: "silent" },
    external: ["@observablehq/plot"],
  });
  assert.equal(errors, []);
  assert.match(outputFiles[0]!.text, /export \{[^}]*\bfitMap\b/);
});

test.run();
