/** @file Entries in code: what they make has a name, defaults are filled in, and values are checked as on the command line. */
import { from, lastValueFrom, map, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import type { Range } from "../../../core/range.ts";
import { statOf } from "../../../core/statOf.ts";
import { estimate, measures, type RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { combinatorEntry, estimatorEntry } from "../../../quantizers/estimators/estimatorEntry.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { codebookProjection } from "../../../quantizers/projections/codebook.ts";
import { projectionEntry } from "../../../quantizers/projections/projectionEntry.ts";

const test = suite("estimatorEntry");

const options = {
  factor: { type: "number", default: 2, least: 1, help: "of both ends" },
  shift: { type: "number", optional: true, help: "added to both" },
} as const;

const margin = estimatorEntry({
  name: "margin",
  summary: "the ends of this tensor, moved apart",
  source: "",
  isStatic: false,
  options,
  clash: ({ factor, shift }) =>
    shift !== undefined && shift > factor
      ? { found: `shift=${shift}`, expected: `no more than factor=${factor}` }
      : undefined,
  make: ({ factor, shift = 0 }) =>
    estimate<Range>({
      init: { lo: 0, hi: 0 },
      step: (_, { min, max }) => ({ lo: factor * min + shift, hi: factor * max + shift }),
      read: (range) => range,
    }),
});

test("what an entry makes is named after it, with the options that differ from their defaults", () => {
  assert.is(margin.make().name, "margin");
  assert.is(margin.make({ factor: 2 }).name, "margin");
  assert.is(margin.make({ factor: 3, shift: 1 }).name, "margin:factor=3,shift=1");
  assert.is(inHindsight(margin.make({ factor: 3 })).name, "inHindsight(margin:factor=3)");
});

test("a name of its own is kept", () => {
  const make = (): RangeEstimator => runningMinMax({ decay: 0.5 });
  const mine = estimatorEntry({ name: "mine", summary: "", source: "", isStatic: false, options: {}, make });
  assert.is(mine.make().name, "runningMinMax:decay=0.5");
});

test("a function that make gives each time keeps its own name, and what it declares", () => {
  const [plain] = [
    measures("all", (observed$) => observed$.pipe(map(({ min, max }) => ({ lo: min, hi: max })))),
  ];
  const same = estimatorEntry({
    name: "same",
    summary: "",
    source: "",
    isStatic: false,
    options,
    make: () => plain,
  });
  const [three, two] = [same.make({ factor: 3 }), same.make()];
  assert.equal([three.name, two.name, plain.name], ["same:factor=3", "same", ""]);
  assert.equal([three.measures, two.measures], ["all", "all"]);
});

test("options that are left out have their defaults", async () => {
  const ranges = from([statOf([-1, 2])]).pipe(margin.make(), toArray());
  assert.equal(await lastValueFrom(ranges), [{ lo: -2, hi: 4 }]);
});

const refusal = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof RangeflowFailure) return error.message;
    throw error;
  }
  return "";
};

test("values are checked as on the command line", () => {
  assert.is(
    refusal(() => margin.make({ factor: 0.5 })),
    "margin: factor 0.5, expected a number from 1.",
  );
  assert.match(
    refusal(() => margin.make({ factr: 3 } as object)),
    /^margin: an unknown option factr, expected factor/,
  );
  assert.is(
    refusal(() => margin.make({ shift: 9 })),
    "margin: shift=9, expected no more than factor=2.",
  );
});

test("no options, and a make that gives no estimator, are refused by name", () => {
  assert.is(
    refusal(() => margin.make(null as never)),
    "margin: options null, expected an object with factor, shift.",
  );
  const make = (): RangeEstimator => undefined as never;
  const none = estimatorEntry({ name: "none", summary: "", source: "", isStatic: false, options: {}, make });
  assert.is(
    refusal(() => none.make()),
    "none: a make that gives undefined, expected a range estimator; estimate makes one of a fold.",
  );
});

test("so are those of combinators and projections", () => {
  const kept = combinatorEntry({ name: "kept", summary: "", source: "", options, make: () => (one) => one });
  assert.match(
    refusal(() => kept.make({ factor: 0 })),
    /^kept: factor 0, expected a number from 1/,
  );
  const three = projectionEntry({
    ...{ name: "three", summary: "", source: "", options },
    make: ({ factor }) =>
      codebookProjection(`three:factor=${factor}`, () => ({ levels: Float32Array.of(-factor, 0, factor) })),
  });
  assert.is(three.make().name, "three:factor=2");
  assert.match(
    refusal(() => three.make({ factor: 0 })),
    /^three: factor 0, expected a number from 1/,
  );
});

test.run();
