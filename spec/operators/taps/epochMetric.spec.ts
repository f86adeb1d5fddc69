/** @file Metrics of a whole evaluation: what they are computed of, when, and what is told of functions that fail. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elements, type HostTensor, tensor } from "../../../core/tensor.ts";
import { epochMetric } from "../../../operators/taps/epochMetric.ts";
import { metrics } from "../../../operators/taps/metrics.ts";
import type { EpochMetric, OutputMetric } from "../../../operators/taps/outputMetric.ts";
import { batch, built, metricsOf, opened, testScope } from "../../support/testScope.ts";

const test = suite("metrics of a whole evaluation");

const numbersOf = (output: HostTensor): readonly number[] => [...elements(output)];

/** The median of all outputs, which is no mean of medians. */
const median = epochMetric({
  name: "median",
  better: "lower",
  gather: numbersOf,
  compute: (gathered) => {
    const all = gathered.flat().sort((a, b) => a - b);
    return all[(all.length - 1) / 2]!;
  },
});

const values = [5, 1, 9, 2, 8, 3, 7];

/** Runs batches of these sizes through metrics: what is emitted of each. */
const measured = (list: readonly OutputMetric[]) => {
  const run = opened(built(metrics(list), testScope({ shape: [1, 1, 1] })).layer);
  return (numbers: readonly number[], at: { training?: boolean; endsPass?: boolean; step?: number }) =>
    metricsOf(
      run(batch(tensor(Float32Array.from(numbers), [numbers.length, 1, 1, 1]), { training: false, ...at })),
    ).map(({ name, value, samples, training }) => ({ name, value, samples, training }));
};

const evaluated = (list: readonly OutputMetric[], size: number, run = measured(list)) =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    run(values.slice(size * i, size * (i + 1)), { endsPass: size * (i + 1) >= values.length }),
  );

test("it is one of all samples, however they come in batches, and told behind the last one alone", () => {
  for (const size of [1, 2, 3, 7]) {
    const told = evaluated([median], size);
    assert.equal(told.slice(0, -1).flat(), []);
    assert.equal(told.at(-1), [{ name: "median", value: 5, samples: 1, training: false }]);
  }
});

test("the next evaluation begins with nothing, behind a whole one and behind one that training has cut off", () => {
  const run = measured([median]);
  evaluated([median], 2, run);
  assert.equal(run([4], { endsPass: true })[0]?.value, 4);
  assert.equal(run([100, 200], {}), []);
  assert.equal(run([300], { training: true }), []);
  assert.equal(run([6], { endsPass: true })[0]?.value, 6);
});

test("each subscription gathers for itself", () => {
  const { layer } = built(metrics([median]), testScope({ shape: [1, 1, 1] }));
  const [one, other] = [opened(layer), opened(layer)];
  const of = (x: number, endsPass = false) =>
    batch(tensor(Float32Array.of(x), [1, 1, 1, 1]), { training: false, endsPass });
  one(of(100));
  assert.is(metricsOf(other(of(3, true)))[0]?.value, 3);
});

test("metrics with the same function gather once, and none sees what another has made of the list", () => {
  let calls = 0;
  const gather = (output: HostTensor): readonly number[] => {
    calls++;
    return numbersOf(output);
  };
  const count = (name: string): EpochMetric<readonly number[]> => ({
    ...{ name, better: "higher", gather },
    compute: (gathered) => (gathered as number[][]).splice(0).length,
  });
  assert.equal(
    evaluated([count("first"), count("second")], 3)
      .at(-1)
      ?.map(({ name, value }) => [name, value]),
    [
      ["first", 3],
      ["second", 3],
    ],
  );
  assert.is(calls, 3);
});

test("what writes into an output changes nothing for others", () => {
  const zeroing: EpochMetric = {
    ...{ name: "zeroing", better: "lower" },
    gather: (output) => elements(output).fill(0),
    compute: () => Number.NaN,
  };
  const told = evaluated([zeroing, median], 7).at(-1);
  assert.equal(
    told?.map(({ value }) => value),
    [Number.NaN, 5],
  );
});

test("a function that throws, waits, or gives no number is told with metric and step", () => {
  const failing = (parts: Partial<EpochMetric>) => () =>
    measured([{ ...median, ...parts } as EpochMetric])([1], { endsPass: true, step: 7 });
  const no = (): never => {
    throw new Error("no");
  };
  assert.throws(
    failing({ gather: no }),
    /^metric median, .*step 7: threw no, expected a function from output and target to what is gathered/,
  );
  assert.throws(
    failing({ gather: async () => 1 }),
    /^metric median, .*step 7: returned .*, expected the gathered value/,
  );
  assert.throws(
    failing({ compute: no }),
    /^metric median, .*step 7: threw no, expected a function from all that was gathered to a number/,
  );
  assert.throws(
    failing({ compute: (() => "much") as never }),
    /^metric median, .*step 7: returned "much", expected a number/,
  );
});

test.run();
