/** @file What a report has of a recording that somebody else has made: tensors, what estimators would have answered, and no ranges of its own. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withCounterfactuals } from "../../../pipelines/report/counterfactuals.ts";
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { warningsOf } from "../../../pipelines/views/warnings.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import { byOwnName } from "../../../quantizers/quantizer.ts";
import { foreignColumns, recordForeign } from "../files/foreignRows.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small } from "../runs.ts";

const test = suite("report/foreignView");

const run = join(scratch(), "theirs");
recordForeign(
  run,
  foreignColumns([
    { step: 0, site: "fc/gradient", known: "scale", min: -448, max: 448, error: 0.5, coldStart: true },
    { step: 1, site: "fc/gradient", known: "scale", min: -1, max: 1, error: 0.5 },
    { step: 1, site: "fc/weight", role: "weight", known: "scale", min: 0, max: 0, error: 0.5 },
    { step: 2, site: "fc/gradient", known: "scale", min: -2, max: 2, error: 0.5 },
    { step: 2, site: "fc/weight", role: "weight", known: "scale", min: 0, max: 0, error: 0.5 },
  ]),
);
const view = readRunView(run);

test("the view is of an imported run: its tensors without those of cold starts, what it was made of, and no ranges", () => {
  assert.is(view.state, "imported");
  assert.equal(view.facts, [
    ["format", "spec"],
    ["rows", "5"],
    ["sites", "2"],
  ]);
  assert.equal(view.missing, []);
  const { columns } = view.sites[0]!;
  assert.equal([...columns.max], [Number.NaN, 1, 2]);
  assert.equal([...columns.hiGreatest], [Number.NaN, Number.NaN, Number.NaN]);
});

test("estimators answer beside it, with bounds; the run's own are none, and one that cannot says why", async () => {
  const estimators = [inHindsight(), percentile()].map(byOwnName);
  const full = await withCounterfactuals(view, recordingOf(run).rows, estimators);
  assert.equal(
    full.counterfactuals.map(({ site, estimator }) => `${site} ${estimator}`),
    estimators
      .flatMap(({ name }) => [`fc/gradient ${name}`])
      .concat(estimators.map(({ name }) => `fc/weight ${name}`)),
  );
  assert.equal([...full.counterfactuals[0]!.columns.hiGreatest], [Number.NaN, 1, 1]);
  assert.match(full.counterfactuals[1]!.failure!, /was not asked for "percentiles/);
  const [row] = full.replayed!;
  // The first range is its own tensor, from 0.5 to 1.5; the second tensor is from 1.5 to 2.5: at most 1 - 0.5 / 2.5.
  assert.ok(row!.bounds!.p95Error[1] === 0.8 && row!.p95Error === 0.5);
  assert.ok(
    warningsOf(full).some(
      ({ text }) =>
        text ===
        "fc/weight was printed as 0, give or take 0.5, in 2 of 2 tensors: the precision of its numbers has lost them.",
    ),
  );
});

test("beside a run of ours its state is imported", async () => {
  const ours = join(scratch(), "ours");
  await eventsOf({ ...small, epochs: 1 }, { out: ours });
  const { study } = await readReport([ours, run], readRunView);
  assert.equal(
    study!.runs.map(({ state }) => state),
    ["finished", "imported"],
  );
});

test.run();
