/** @file A study of experiments of one's own: from files in other processes, from code in this one, with the same bits. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, Subject, tap, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import { type ExperimentParts, experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { type CompareOptions, compare } from "../../../pipelines/studies/compare.ts";
import type { CellEvent, CompareEvent, RunDoneEvent, StudyEvent } from "../../../pipelines/studies/events.ts";
import type { Experiments } from "../../../pipelines/studies/rivals.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneIn, runNamesIn, small, version } from "../runs.ts";

const test = suite("studies of experiments");
const home = scratch();
const local = { engine: "simd", threads: 1 } as const;

const studied = (experiments: Experiments, options: CompareOptions): Promise<CompareEvent[]> =>
  lastValueFrom(compare(experiments, { ...local, ...options }).pipe(toArray()));

const runsIn = (events: readonly CompareEvent[]): readonly RunDoneEvent[] =>
  events.filter((event): event is RunDoneEvent => event.event === "run" && event.status === "done");

const cellsIn = (events: readonly CompareEvent[]): readonly CellEvent[] =>
  events.filter((event): event is CellEvent => event.event === "cell");

const weightsOf = (events: readonly CompareEvent[]): readonly string[] =>
  [...runsIn(events)]
    .sort((a, b) => a.cell - b.cell || a.seed - b.seed)
    .map(({ done }) => done.weightsSha256);

/** A network, and how it is made from a width, in code. */
const parts = (units: number): ExperimentParts => ({
  name: "letters",
  network: sequential(
    flatten(),
    quantized(dense)("hidden", { units }),
    quantized(dense)("output", { units: 10 }),
  ),
  data: glyphs({ train: 64, test: 32 }),
  loss: crossEntropy(),
  batch: 16,
  epochs: 2,
});

/** The same from a file. */
const fileOf = (option: string, type = "integer", rest = ""): string => `
import { crossEntropy, dense, experimentWith, flatten, glyphs, quantized, sequential } from "rangeflow";
${rest}
export default experimentWith({
  options: { ${option}: { type: "${type}", default: ${type === "integer" ? 4 : false}, help: "units of the hidden layer" } },
  make: ({ ${option}: units }) => ({
    name: "letters",
    network: sequential(
      flatten(),
      quantized(dense)("hidden", { units: Number(units) + ${type === "integer" ? 0 : 4} }),
      quantized(dense)("output", { units: 10 }),
    ),
    data: glyphs({ train: 64, test: 32 }),
    loss: crossEntropy(),
    batch: 16,
    epochs: 2,
  }),
});
`;
const file = join(home, "letters.ts");
writeFileSync(file, fileOf("units"));
const other = join(home, "other.ts");
writeFileSync(other, fileOf("breadth"));

const inFiles = join(home, "files");
const inCode = join(home, "code");
const rivals = { narrow: experiment(parts(3)), wide: experiment(parts(6)) };
const fromFile = await studied(
  { mine: experimentFile(file) },
  {
    cells: [{ units: 3 }, { units: 6 }],
    seeds: [1, 2],
    out: inFiles,
  },
);
const fromCode = await studied(rivals, { seeds: [1, 2], out: inCode });

test("code in this process, files in others, and runs alone have the same bits", async () => {
  assert.is(runsIn(fromCode).length, 4);
  assert.equal(weightsOf(fromCode), weightsOf(fromFile));
  assert.is(new Set(weightsOf(fromCode)).size, 4);
  const alone = doneIn(
    await lastValueFrom(train(experiment({ ...parts(6), seed: 2 }), local).pipe(toArray())),
  );
  assert.is(weightsOf(fromCode)[3], alone.weightsSha256);
});

test("cells are told by their options, or by the names of experiments, with differences seed by seed", () => {
  assert.equal(
    cellsIn(fromFile).map(({ settings, seeds }) => [settings, seeds]),
    [
      [{ units: 3 }, [1, 2]],
      [{ units: 6 }, [1, 2]],
    ],
  );
  const [narrow, wide] = cellsIn(fromCode);
  assert.equal([narrow?.settings, wide?.settings], [{ experiment: "narrow" }, { experiment: "wide" }]);
  const scores = [3, 6].map((units) => {
    const runs = runsIn(fromFile).filter(({ settings }) => settings.units === units);
    return runs.reduce((sum, { done }) => sum + done.score, 0) / 2;
  }) as [number, number];
  assert.ok(Math.abs((wide?.againstFirst?.test?.mean ?? 9) - (scores[1] - scores[0])) < 1e-12);
});

test("directories are named by identity, and found again by any grid", async () => {
  for (const name of runNamesIn(inFiles))
    assert.match(
      name,
      new RegExp(`^experiment=letters\\.ts-[0-9a-f]{8},units=[36],data=[0-9a-f]{8}${version},seed=[12]$`),
    );
  for (const name of runNamesIn(inCode))
    assert.match(name, new RegExp(`^experiment=letters-[0-9a-f]{8}${version},seed=[12]$`));
  const again = await studied(
    { mine: experimentFile(file, { units: 6 }) },
    { cells: [{}, { epochs: 1 }], seeds: [2], out: inFiles },
  );
  assert.equal(
    runsIn(again)
      .map(({ cell, before }) => [cell, before])
      .sort(),
    [
      [0, true],
      [1, false],
    ],
  );
  const once = await studied({ only: experiment(parts(6)) }, { seeds: [2, 1], out: inCode });
  assert.is((once[0] as StudyEvent).finished, 2);
  assert.equal(cellsIn(once)[0]?.settings, {});
});

test("runs.csv has their options", () => {
  const rows = readFileSync(join(inFiles, "runs.csv"), "utf8");
  assert.match(rows, /^run,status,experiment,units,.*seed,score/);
  assert.match(readFileSync(join(inCode, "runs.csv"), "utf8"), /^run,status,.*name.*,seed,score/);
});

test("one in code that is told to stop goes on with the same bits", async () => {
  const stop$ = new Subject<void>();
  const out = join(home, "stopped");
  const stopped = await lastValueFrom(
    compare(rivals, { ...local, seeds: [1, 2], out, stop$ }).pipe(
      tap((event) => {
        if (event.event === "progress" && event.share > 0.05) stop$.next();
      }),
      toArray(),
    ),
  );
  const last = stopped.at(-1);
  assert.ok(last?.event === "compared" && last.left > 0, JSON.stringify(last));
  assert.equal(weightsOf(await studied(rivals, { seeds: [1, 2], out })), weightsOf(fromCode));
});

test("an edited file, and a network with other layers, are other runs", async () => {
  const edited = join(home, "edited", "letters.ts");
  const out = join(home, "edited");
  await studied({ mine: experimentFile(other) }, { seeds: [1], out });
  writeFileSync(edited, fileOf("units", "integer", "// edited"));
  const events = await studied({ mine: experimentFile(edited, { units: 3 }) }, { seeds: [1], out });
  assert.equal(
    runsIn(events).map(({ before }) => before),
    [false],
  );
  const code = await studied({ mine: experiment({ ...parts(3), batch: 32 }) }, { seeds: [1], out: inCode });
  assert.is((code[0] as StudyEvent).finished, 0);
});

test("all kinds side by side: what is built in, from a file, and in code", async () => {
  const out = join(home, "kinds");
  const events = await studied(
    {
      built: builtIn({ ...small, epochs: 1 }),
      file: experimentFile(file),
      code: experiment(parts(3)),
    },
    { seeds: [1], out, jobs: 2 },
  );
  assert.equal(
    cellsIn(events).map(({ settings, seeds }) => [settings.experiment, seeds]),
    ["built", "file", "code"].map((name) => [name, [1]]),
  );
  const names = runNamesIn(out);
  assert.is(names.length, 3);
  for (const name of names) assert.ok(doneRecordIn(join(out, name)));
});

test("what differs in one of several files leaves the others as they are", async () => {
  const { out, err, code } = await answerTo([
    ...["compare", file, other, "--grid", "units=3,6", "--seeds", "1", "--jobs", "1"],
    ...["--engine", "simd", "--threads", "1", "--out", inFiles],
  ]);
  assert.is(code, 0, err);
  assert.match(out, /^3 runs \(cells: 3, seeds: 1\) in .*; finished before: 2$/m);
  for (const row of ["letters +3", "letters +6", "other +default"])
    assert.match(out, new RegExp(`^${row} {2,}1 {2,}`, "m"));
});

test("the command line says the same of the options of a file, with its own settings beside them", async () => {
  const page = join(home, "README.md");
  const args = ["compare", file, "--grid", "units=3,6", "--seeds", "2", "--engine", "simd", "--threads", "1"];
  const { out, err, code } = await answerTo([...args, "--out", inFiles, "--markdown", page]);
  assert.is(code, 0, err);
  assert.match(out, /^4 runs \(cells: 2, seeds: 2\) in \S+, all finished before$/m);
  assert.match(
    readFileSync(page, "utf8"),
    /^npx rangeflow compare \S+letters\.ts --seeds 2 .* --grid units=3,6$/m,
  );
  const bits = await answerTo([
    ...args,
    "--cell",
    "units=6 bits=4/4/4",
    "--against",
    "units=3",
    "--out",
    inFiles,
  ]);
  assert.match(bits.out, /^6 runs .*; finished before: 4$/m, bits.err);
  assert.match(bits.out, /^ +6 {2}4\/4\/4 {2,}2 /m);
  assert.match(
    bits.out,
    /^ +6 {2}default {2,}2 .* [+-]?[\d.]+ ± [\d.]+ {2,}[\d.]+ {2,}[+-]?[\d.]+ ± [\d.]+ {2}/m,
  );
  const astray = await answerTo([...args, "--against", "units=9", "--out", inFiles]);
  assert.match(astray.err, /^--against: units=9 leads to no cell/m);
  const help = await answerTo(["compare", file, "--help"]);
  assert.match(help.out, /--units N +units of the hidden layer/);
  assert.match(help.out, /--gradient-range E/);
  assert.not.match(help.out, /--(lr|model|data-dir) /, "settings of built-in experiments");
});

test("what cannot be compared is refused before anything is written", async () => {
  const out = join(home, "refused");
  const line = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await answerTo(["compare", ...args, "--out", out]);
    assert.is(code, 2);
    return err;
  };
  assert.match(await line(file), /^rangeflow compare: nothing to compare, expected --grid/);
  assert.match(
    await line(file, file),
    new RegExp(`^rangeflow compare: ${file} twice, expected each file once`),
  );
  assert.match(
    await line(file, "--study", "dynamicOrHindsight"),
    /^--study: used with .*letters\.ts, expected/,
  );
  assert.match(await line(file, "--grid", "unit=3,6"), /^--grid: "unit", expected .*units/);
  assert.match(await line(file, "--grid", "units=3,many"), /units.*many.*integer/);
  assert.match(await line(file, "--units", "3", "--grid", "units=3,6"), /^--units: .*only one of the two/m);
  assert.match(
    await line(file, "--grid", "model=lenet5,resnet20"),
    /^--model: a setting of built-in experiments/,
  );
  assert.match(await line(file, "--grid", "units=3,3"), /^compare: cells 1 and 2 alike/);
  const taken = join(home, "taken.ts");
  writeFileSync(taken, fileOf("jobs"));
  assert.match(
    await line(taken, "--seeds", "1"),
    /taken\.ts.*--jobs, which the commands already have, expected another name/,
  );
  const flag = join(home, "flag.ts");
  writeFileSync(flag, fileOf("units", "boolean"));
  assert.match(
    await line(file, flag),
    /flag\.ts: --units as a flag, expected a text, as in another of the files/,
  );
  const code = (options: Partial<CompareOptions>) =>
    failureOf(studied(rivals, { seeds: [1], out, ...options }));
  assert.match(
    await code({ cells: [{ bits: "4/4/4" }] }),
    /^--bits: a change of letters, which was made in code, expected changes of built-in experiments/,
  );
  assert.match(await code({ seeds: [] }), /^compare: nothing to run/);
  assert.match(
    await failureOf(studied({ a: experiment(parts(3)), b: experiment(parts(3)) }, { seeds: [1], out })),
    /^compare: cells 1 and 2 alike/,
  );
  assert.match(
    await failureOf(studied({ none: experimentFile(join(home, "none.ts")) }, { seeds: [1], out })),
    /no file .*none\.ts/,
  );
  assert.not(readdirSync(home).includes("refused"));
});

test.run();
