/** @file Cells of a study that is trained, compared with their counterparts and within groups. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { type CompareOptions, compare } from "../../../pipelines/studies/compare.ts";
import { counterpartsOf } from "../../../pipelines/studies/counterparts.ts";
import type { CellEvent, CompareEvent } from "../../../pipelines/studies/events.ts";
import { type Cell, combinations } from "../../../pipelines/studies/grid.ts";
import { planOf } from "../../../pipelines/studies/plan.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { small } from "../runs.ts";

const test = suite("counterparts");

const out = join(scratch(), "study");

const studied = (options: Omit<CompareOptions, "out">): Promise<CompareEvent[]> =>
  lastValueFrom(
    compare({ small: builtIn({ ...small, epochs: 1 }) }, { jobs: 1, out, ...options }).pipe(toArray()),
  );

const cellsIn = (events: readonly CompareEvent[]): readonly CellEvent[] =>
  events.filter((event): event is CellEvent => event.event === "cell");

const failuresOf = async (act: Promise<unknown>): Promise<readonly string[]> =>
  (await failureOf(act)).split("\n");

test("what a cell has itself leads to no other cell, so the settings behind are tried", async () => {
  const cells = ["hindsight", "current"].flatMap((gradient) =>
    ["hindsight", "current"].map((activation) => ({ gradient, activation })),
  );
  const cellOf = new Map(cells.map((cell, i) => [JSON.stringify(cell), i]));
  const nameOf = (cell: number, { seed: _, ...changes }: Cell): string =>
    JSON.stringify({ ...cells[cell], ...changes });
  const against = ["gradient", "activation"].map((role): Cell => ({ [role]: "current" }));
  const asked = { cells: cells.length, seeds: [1], against };
  assert.equal(await counterpartsOf(asked, nameOf, cellOf), [2, 3, 3, undefined]);
});

/** A file with an experiment of one layer, whose size is an option. */
const fileWith = (option: string): string => {
  const path = join(scratch(), `${option}.ts`);
  const network = `sequential(flatten(), quantized(dense)("hidden", { units }), quantized(dense)("output", { units: 10 }))`;
  writeFileSync(
    path,
    `import { crossEntropy, dense, experimentWith, flatten, glyphs, quantized, sequential } from "rangeflow";
export default experimentWith({
  options: { ${option}: { type: "integer", default: 4, help: "units of the hidden layer" } },
  make: ({ ${option}: units }) => ({
    name: "letters", network: ${network}, data: glyphs({ train: 32, test: 32 }), loss: crossEntropy(), batch: 16, epochs: 1,
  }),
});`,
  );
  return path;
};

test("a change that only some files declare leads from their cells alone, as it makes cells of these alone", async () => {
  const files = { mine: experimentFile(fileWith("units")), theirs: experimentFile(fileWith("breadth")) };
  const { cells, counterparts } = await planOf(files, {
    ...{ cells: [{ units: 3 }, { units: 6 }], against: { units: 3 } },
    ...{ seeds: [1], out: join(scratch(), "none"), threads: 1 },
  });
  assert.equal(cells, [
    { experiment: "mine", units: 3 },
    { experiment: "mine", units: 6 },
    { experiment: "theirs" },
  ]);
  assert.equal(counterparts, [undefined, 0, undefined]);
});

test("each cell is also compared with its counterpart, seed by seed", async () => {
  const ranges = combinations({ bits: ["8/8/8", "4/4/4"], gradientRange: ["inHindsight", "currentMinMax"] });
  const study = { cells: [{ bits: "32/32/32" }, ...ranges], seeds: [1, 2] };
  const cells = cellsIn(await studied({ ...study, against: { gradientRange: "currentMinMax" } }));
  assert.equal(
    cells.map(({ againstCounterpart }) => againstCounterpart?.cell ?? null),
    [null, 2, null, 4, null],
  );
  const [, hindsight8, dynamic8, hindsight4, dynamic4] = cells as [
    CellEvent,
    CellEvent,
    CellEvent,
    CellEvent,
    CellEvent,
  ];
  assert.is(hindsight4.againstCounterpart?.test?.seeds, 2);
  assert.ok(
    Math.abs(
      (hindsight4.againstCounterpart?.test?.mean as number) - (hindsight4.test!.mean - dynamic4.test!.mean),
    ) < 1e-12,
  );
  assert.is(dynamic8.againstFirst?.test?.seeds, 2);
  const within = await studied({
    ...study,
    within: ["bits"],
    against: [{ gradientRange: "currentMinMax" }],
    margin: 0.5,
  });
  assert.equal(
    cellsIn(within).map(({ first, againstFirst }) => [first, againstFirst?.cell ?? null]),
    [
      [0, null],
      [1, null],
      [1, 1],
      [3, null],
      [3, 3],
    ],
  );
  const [pool, ...none] = within.filter((event) => event.event === "pool");
  assert.equal(none, []);
  assert.equal([pool!.name, pool!.cells, pool!.test.pairs], ["gradient-range inHindsight", [1, 3], 4]);
  assert.is(pool!.test.equivalence?.margin, 0.005);
  const expected =
    (hindsight4.againstCounterpart!.test!.mean + hindsight8.againstCounterpart!.test!.mean) / 2;
  assert.ok(Math.abs(pool!.test.mean - expected) < 1e-12);
  assert.equal(await failuresOf(studied({ ...study, within: ["bitts"], margin: 0 })), [
    "compare, margin: 0, expected a number above 0, in percentage points, dB or the unit of the score, such as 0.5.",
    '--within: "bitts", expected bits.',
  ]);
  assert.equal(
    await failuresOf(studied({ ...study, against: { lr: 0.5, gradientRange: "currentMinMax" } })),
    [
      "--against: lr=0.5 gradient-range=currentMinMax leads to no cell, expected settings in which one cell differs from another.",
    ],
  );
});

test.run();
