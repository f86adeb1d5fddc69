/** @file Evaluation of a saved run: the very accuracy that the run itself found, and nothing changes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstValueFrom, lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../../pipelines/training/evaluate.ts";
import { train } from "../../../pipelines/training/train.ts";

const test = suite("evaluate");
const home = mkdtempSync(join(tmpdir(), "rangeflow-evaluate-"));
test.after(() => rmSync(home, { recursive: true }));

test("a saved run scores what it scored at its end, and evaluating writes nothing", async () => {
  const out = join(home, "run");
  const done = await lastValueFrom(train({ limit: 320, testLimit: 90, epochs: 2, engine: "simd" }, { out }));
  const files = () =>
    readdirSync(out, { recursive: true })
      .map(String)
      .sort()
      .filter((name) => name.includes("."))
      .map((name) => [name, readFileSync(join(out, name)).toString("base64")]);
  const before = files();
  const score = await firstValueFrom(evaluate(out));
  assert.is(done.event, "done");
  assert.is(score.testAccuracy, done.event === "done" ? done.testAccuracy : Number.NaN);
  assert.is(score.images, 90);
  assert.is(score.step, 10);
  assert.equal(files(), before);
});

test("a directory without a run is refused", async () => {
  try {
    await firstValueFrom(evaluate(join(home, "nothing")));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /nothing.*expected a checkpoint/);
  }
});

test.run();
