import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  conflict,
  describe,
  internal,
  missing,
  problem,
  problemsIn,
  RangeflowFailure,
  valueText,
} from "../../core/errors.ts";

const test = suite("errors");

test("every message says where, what was found, and what was expected", () => {
  assert.is(
    describe({ _tag: "BitsOutOfRange", site: "conv1/input", bits: 9 }),
    "conv1/input: bits is 9, expected an integer from 2 to 8, or 32 for float32.",
  );
  assert.is(
    describe({ _tag: "BadRange", site: "conv1/input", lo: 1, hi: Number.NaN }),
    "conv1/input: the range [1, NaN], expected finite numbers with lo <= hi, of magnitudes up to 8.5e+37; check the estimator.",
  );
  assert.is(
    describe(problem("--epochs", "-1", "a positive integer")),
    "--epochs: -1, expected a positive integer.",
  );
});

test("a hint says what to try", () => {
  assert.is(
    describe(problem("--data", "no file here", "a folder", "give its path with --data-dir")),
    "--data: no file here, expected a folder; give its path with --data-dir.",
  );
});

test("a conflict is a sentence about one of the options", () => {
  assert.is(
    describe(conflict("--trust", "has no effect without --resume", "leave it out")),
    "--trust has no effect without --resume; leave it out.",
  );
  assert.is(describe(conflict("--trust", "requires --resume")), "--trust requires --resume.");
});

test("a missing path says what should be there", () => {
  assert.is(
    describe(missing("runs/a", "the directory of a run")),
    "runs/a: no such file or directory, expected the directory of a run; check the path.",
  );
  assert.is(
    describe(missing("runs/a", "the directory of a run", "rangeflow list shows them")),
    "runs/a: no such file or directory, expected the directory of a run; rangeflow list shows them.",
  );
});

test("problems that a file has thrown name the file", () => {
  const thrown = new RangeflowFailure(conflict("--trust", "requires --resume"), problem("a", "1", "2"));
  assert.equal(problemsIn("mine.ts", thrown)?.map(describe), [
    "mine.ts, --trust requires --resume.",
    "mine.ts, a: 1, expected 2.",
  ]);
  assert.is(problemsIn("mine.ts", new Error("other")), undefined);
});

test("a failure shows all its problems, one a line", () => {
  const failure = new RangeflowFailure(problem("a", "1", "2"), problem("b", "3", "4"));
  assert.is(failure.message, "a: 1, expected 2.\nb: 3, expected 4.");
  assert.is(failure.problems.length, 2);
  assert.instance(failure, Error);
});

test("a mistake of ours says so", () => {
  assert.is(internal("two of one").message, "internal: two of one");
});

test("numbers that JSON does not know are shown as they are", () =>
  assert.equal([Number.NaN, Number.POSITIVE_INFINITY, -0, 1.5].map(valueText), [
    "NaN",
    "Infinity",
    "0",
    "1.5",
  ]));

test.run();
