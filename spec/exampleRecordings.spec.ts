/** @file `examples/recordings`, a package of data: its checksums, what its README says of it, and that each recording replays. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recordingOf } from "../pipelines/runs/runRecording.ts";
import { answerTo } from "./pipelines/runs.ts";

const test = suite("examples/recordings");

const home = "examples/recordings";
const names = ["cnn", "resnet20", "transformer"];
const about = ["LICENSE", "README.md", "SHA256SUMS", "package.json"];

const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(home, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => statSync(join(home, name)).isFile());

const data = names.flatMap(filesOf).toSorted();
const readme = readFileSync(join(home, "README.md"), "utf8");

test("it has three recordings and what is said of them, 3 MB together at most", () => {
  assert.equal(readdirSync(home).toSorted(), [...names, ...about].toSorted());
  const bytes = data.reduce((sum, file) => sum + statSync(join(home, file)).size, 0);
  assert.ok(bytes < 3e6, `${bytes} bytes`);
  const { name, license, files } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  assert.equal([name, license], ["rangeflow-recordings", "MIT"]);
  assert.equal(files.toSorted(), [...names, "SHA256SUMS"].toSorted());
});

test("SHA256SUMS has the checksum of every file of the recordings, as sha256sum prints it", () => {
  const sums = data.map((file) => {
    const sum = createHash("sha256")
      .update(readFileSync(join(home, file)))
      .digest("hex");
    return `${sum}  ${file}\n`;
  });
  assert.is(readFileSync(join(home, "SHA256SUMS"), "utf8"), sums.join(""));
});

for (const name of names)
  test(`README tells sites, steps, rows, histograms and bytes of ${name}`, () => {
    const rows = [...recordingOf(join(home, name)).rows()];
    const sites = new Set(rows.map(({ site }) => site));
    const steps = new Set(rows.map(({ step }) => step));
    const histograms = rows.filter(({ histogram }) => histogram !== undefined);
    const bytes = filesOf(name).reduce((sum, file) => sum + statSync(join(home, file)).size, 0);
    const told = [sites.size, steps.size, rows.length, histograms.length, bytes];
    const line = readme.split("\n").find((text) => text.startsWith(`| [${name}]`)) ?? "";
    const columns = line.split("|").map((text) => text.trim());
    assert.equal(
      columns.slice(4, 9).map((text) => Number(text.replaceAll(",", ""))),
      told,
    );
    assert.is(rows.length, sites.size * steps.size, "every site has one row at every step");
    assert.ok(rows.every(({ verdict }) => verdict === "observed"));
  });

for (const name of names)
  test(`${name} replays`, async () => {
    const estimators = ["inHindsight", "delayedScaling", "runningMinMax", "frozen:tensors=10"];
    const args = estimators.flatMap((estimator) => ["--estimator", estimator]);
    const { code, out } = await answerTo(["replay", join(home, name), "--json", ...args]);
    assert.is(code, 0);
    const results = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { estimator?: string; staticShare?: number })
      .filter(({ staticShare }) => staticShare !== undefined);
    const sites = new Set([...recordingOf(join(home, name)).rows()].map(({ site }) => site));
    assert.is(results.length, sites.size * estimators.length);
  });

test("docs/pytorch-recorder.md shows what eight estimators make of cnn", async () => {
  const page = readFileSync("docs/pytorch-recorder.md", "utf8");
  const shown =
    /^rangeflow (replay examples\/recordings\/cnn [\s\S]*?)\n```\n[\s\S]*?^```text\n([\s\S]*?)^```$/m.exec(
      page,
    );
  const args = (shown?.[1] ?? "").replaceAll("\\\n", " ").split(/\s+/);
  assert.is(args.filter((arg) => arg === "--estimator").length, 8);
  const { code, out } = await answerTo(args);
  assert.is(code, 0);
  const [, byRole = ""] = /(?:^|\n\n)(role +sites[\s\S]*?\n)\n/.exec(out) ?? [];
  assert.is(shown?.[2], byRole);
});

test.run();
