/** @file The exports of `rangeflow/pipelines` and `rangeflow/charts`: each has a docstring. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exportsOf } from "../support/exportsOf.ts";

const test = suite("exports of pipelines");

/** Names of the exports of a file that have no docstring, with the files that declare them. Settings describe themselves by their help. */
const undocumented = (contents: string): readonly string[] =>
  [...exportsOf(contents)]
    .filter(([, { doc, file }]) => doc === "" && !file.startsWith("pipelines/settings/"))
    .map(([name, { file }]) => `${file}: ${name}`);

for (const contents of ["pipelines/index.ts", "pipelines/charts.ts"])
  test(`every export of ${contents} has a docstring`, () => {
    const missing = undocumented(contents);
    console.log(
      `${contents}: ${exportsOf(contents).size} exports, ${missing.length} without a docstring outside of settings`,
    );
    assert.equal(missing, []);
  });

test.run();
