/** Records a run, then replays it into other estimators without training again. */
import {
  crossEntropy,
  currentMinMax,
  experiment,
  glyphs,
  inHindsight,
  readRecording,
  replayStudy,
  train,
} from "rangeflow";
import { lenet5 } from "rangeflow/models";
import { lastValueFrom } from "rxjs";

const out = process.argv[2] ?? "runs/recordAndReplay";

const run = experiment({
  network: lenet5({ classes: 10 }),
  data: glyphs({ train: 1000, test: 200 }),
  loss: crossEntropy(),
  epochs: 2,
});
await lastValueFrom(train(run, { out }));

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const estimators = [
  { name: "currentMinMax", estimator: currentMinMax() },
  { name: "decay 0.9", estimator: inHindsight({ decay: 0.9 }) },
  { name: "decay 0.5", estimator: inHindsight({ decay: 0.5 }) },
];
const rows = await replayStudy(
  readRecording(`${out}/ranges`).rows(),
  estimators,
  (site) => site === "conv2/gradient",
);
for (const { estimator, steps, staticShare, clippedSteps } of rows)
  console.log(
    `${estimator}: ${steps} steps, ${percent(staticShare)} static, clips in ${percent(clippedSteps)}`,
  );

/* It prints:
currentMinMax: 30 steps, 0 % static, clips in 0 %
decay 0.9: 30 steps, 97 % static, clips in 53 %
decay 0.5: 30 steps, 97 % static, clips in 57 %
*/
