/** Draws the fit map of a recorded run as an SVG file: where ranges were too narrow for their tensors, fitting, or too wide. */
import { writeFileSync } from "node:fs";
import { crossEntropy, experiment, glyphs, readRunView, train } from "rangeflow";
import { fitMap, svgFile } from "rangeflow/charts";
import { lenet5 } from "rangeflow/models";
import { lastValueFrom } from "rxjs";

const out = process.argv[2] ?? "runs/fitMap";

const experimentOf = experiment({
  network: lenet5({ classes: 10 }),
  data: glyphs({ train: 1000, test: 200 }),
  loss: crossEntropy(),
  epochs: 2,
});
await lastValueFrom(train(experimentOf, { out }));

const run = readRunView(out, "LeNet-5 on glyphs");
const svg = svgFile(`Fit of the ranges: ${run.name}`, (document) => fitMap(run, { document }));
writeFileSync(`${out}/fitMap.svg`, svg);

console.log(`${run.sites.length} sites, ${run.steps} steps, ${run.width} in a column`);
console.log(`drawn: ${svg.split("<rect").length > run.sites.length ? "fitMap.svg" : "nothing"}`);

/* It prints:
15 sites, 30 steps, 1 in a column
drawn: fitMap.svg
*/
