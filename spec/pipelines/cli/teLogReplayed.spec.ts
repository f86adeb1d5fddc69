/** @file The page on foreign recordings says of a real log of TransformerEngine what `rangeflow replay` says of it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { byRole } from "../../../pipelines/replay/byRole.ts";
import type { Bounds, ReplayRow } from "../../../pipelines/replay/tally.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("te_llama3.log, replayed");

const log = "../shared/data/te-logs/te_llama3.log";
const page = readFileSync("docs/foreign-recordings.md", "utf8");

const percent = (x: number): string => (100 * x).toFixed(1);
const share = ([least, most]: Bounds): string =>
  percent(least) === percent(most) ? `${percent(least)} %` : `${percent(least)} to ${percent(most)} %`;

if (existsSync(log))
  test("the table of roles has its numbers, and no gradient has any", async () => {
    const run = join(scratch(), "te");
    assert.is((await answerTo(["import", log, "--out", run])).code, 0);
    const { out } = await answerTo(["replay", run, "--json"]);
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ReplayRow & { readonly event: string })
      .filter(({ event }) => event === "replay");
    const kept = rows.filter(({ lost }) => lost === undefined);
    assert.equal([rows.length, kept.length], [24, 16]);
    assert.ok(rows.every(({ role, lost }) => (role === "gradient") === (lost?.share === 1)));
    for (const { role, estimator, staticShare, steps, bounds } of byRole(kept)) {
      assert.is(steps, 48);
      const { clippedSteps, meanError, p95Error } = bounds!;
      const cells = [percent(staticShare), ...[clippedSteps, meanError, p95Error].map(share)];
      const line = `| ${role} | \`${estimator}\` | ${cells[0]} % | ${cells.slice(1).join(" | ")} |`;
      assert.ok(page.includes(`\n${line}\n`), line);
    }
  });

test.run();
