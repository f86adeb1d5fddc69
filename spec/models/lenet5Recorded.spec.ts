/** @file What the recorder of PyTorch sees of LeNet-5, against what our sites observe, and its histograms: `spec/golden/recorder.json`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../core/engines/simd/engine.ts";
import { histogram } from "../../core/histogram.ts";
import type { RangeStat } from "../../core/range.ts";
import { lenet5 } from "../../models/lenet5.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { beginStep, build, scopeFor } from "../../operators/module/build.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantizeNetwork } from "../../operators/sites/quantizeNetwork.ts";
import { aroundSite } from "../../operators/sites/site.ts";
import { present } from "../../operators/step/tape.ts";
import { wait } from "../../operators/step/task.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { allClose } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { golden, goldenCodes, isPrintedBy } from "../support/golden.ts";

interface Golden {
  readonly samples: number;
  readonly rows: readonly {
    readonly step: number;
    readonly site: string;
    readonly role: string;
    readonly count: number;
    readonly ends: readonly [min: number, max: number];
  }[];
  readonly histograms: readonly {
    readonly of: readonly (number | string)[];
    readonly values: readonly number[];
    readonly counts: readonly number[];
  }[];
}

const { samples, rows, histograms } = golden("recorder") as Golden;
const test = suite("LeNet-5 recorded in PyTorch");

const codesOf = (count: number, seed: number, of: (code: number) => number): Float32Array =>
  Float32Array.from(goldenCodes(count, seed), of);

const batchOf = (step: number) => ({
  x: codesOf(samples * 28 * 28, 6 + step, (code) => Math.floor(code / 32) / 4),
  target: Int32Array.from({ length: samples }, (_, i) => i % 10),
  shape: [samples, 28, 28, 1],
});

/** Statistics of all sites of a step, which see float32 tensors and pass them on as they are. */
const observedAt = (step: number): ReadonlyMap<string, RangeStat> => {
  const seen = new Map<string, RangeStat>();
  const observing = aroundSite.hook((site, { path }) => ({
    ...site,
    quantize: function* (x, ctx) {
      const { stored, range } = yield* ctx.run(x, { store: true, observe: true });
      seen.set(path, yield* wait(present(range, path)));
      return { value: { _tag: "Dense", x: present(stored, path) }, pullback: (dy) => ({ dx: dy }) };
    },
  }));
  const scope = scopeFor({ engine: simd(), shape: [28, 28, 1], hooks: [observing] });
  const range = currentMinMax();
  const rule = { weight: { range }, activation: { range }, gradient: { range } };
  const network = sequential(quantizeNetwork(lenet5({ classes: 10 }), [rule]), crossEntropy());
  const { layer } = build(sequential(network, sgd({ rate: constantRate(0) })), scope);
  for (const [i, name] of ["conv1", "conv2", "dense1", "dense2", "dense3"].entries()) {
    const weights = elements(present(scope.parameters.find(`${name}/weight`), name).value);
    weights.set(codesOf(weights.length, i + 1, (code) => (Number(code > 42) - Number(code < -42)) / 8));
  }
  const begun = () => beginStep(scope.engine, batchOf(step), { step: 0, training: true });
  runBatches({ to: 1 }, begun)(layer).subscribe();
  return seen;
};

const observed = [0, 1, 2].map(observedAt);

test("the same sites at every step, each with the same number of elements", () => {
  for (const [step, seen] of observed.entries()) {
    const recorded = rows.filter((row) => row.step === step);
    assert.equal(recorded.map(({ site }) => site).toSorted(), [...seen.keys()].toSorted());
    for (const { site, count } of recorded) assert.is(seen.get(site)?.count, count, site);
  }
});

const endsOf = ({ min, max }: RangeStat): readonly [number, number] => [min, max];

for (const [role, tolerance] of [
  ["weight", 0],
  ["activation", 0],
  ["gradient", 1e-5],
] as const)
  test(`least and greatest ${role} ${tolerance === 0 ? "agree to the last bit" : `agree to ${tolerance}`}`, () => {
    const ofRole = rows.filter((row) => row.role === role);
    assert.is(ofRole.length, 15);
    for (const { step, site, ends } of ofRole)
      for (const [i, end] of ends.entries()) {
        const own = endsOf(present(observed[step]?.get(site), site))[i] as number;
        allClose([own], [end], tolerance * Math.abs(end), `${site} at step ${step}`);
      }
  });

for (const [i, { of, values, counts }] of histograms.entries())
  test(`histogram ${i}, of ${of.length} numbers, has the values and counts of ours`, () => {
    const tensor = Float32Array.from(of, (value) =>
      value === "inf" ? Number.POSITIVE_INFINITY : value === "nan" ? Number.NaN : Number(value),
    );
    const own = histogram({ values: tensor });
    assert.equal([[...own.values], [...(own.counts ?? [])]], [[...values], [...counts]]);
  });

isPrintedBy(test, "recorder", {
  title: "PyTorch with pyarrow",
  module: "torch, pyarrow",
  install: "torch==2.13.0 pyarrow",
});

test.run();
