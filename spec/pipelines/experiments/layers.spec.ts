/** @file Networks of experiments in code are told apart by their layers and options, functions by the values they capture. */
import { join } from "node:path";
import { firstValueFrom, lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { averagePool, maxPool } from "../../../operators/layers/pool.ts";
import { relu, relu6 } from "../../../operators/layers/relu.ts";
import type { Experiment } from "../../../pipelines/experiments/experiment.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import type { RunDoneEvent } from "../../../pipelines/studies/events.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { stopsAfter } from "../runs.ts";
import { conv, imagesWith, network, sumsWith, withFactor } from "./networks.ts";
import { eventsOf } from "./sums.ts";

const test = suite("experiments in code: layers and captured values");
const home = scratch();

const plain = imagesWith(network([relu(), maxPool({ size: 2 })]));

interface Other {
  readonly made: Experiment;
  /** What is said of it. */
  readonly sentence: RegExp;
}

const layersOf = (at: number, found: string, expected: string): RegExp =>
  new RegExp(`: layers ${at}: ${found}.*, expected ${expected}.* as in the saved run; give it as it was`);

const cases: Readonly<Record<string, readonly [Experiment, Other]>> = {
  "kind of a pool": [
    plain,
    {
      made: imagesWith(network([relu(), averagePool({ size: 2 })])),
      sentence: layersOf(5, "averagePool", "maxPool"),
    },
  ],
  "window of a pool": [
    imagesWith(network([maxPool({ size: 3, stride: 2, padding: 1 })])),
    {
      made: imagesWith(network([maxPool({ size: 2 })])),
      sentence: layersOf(4, "maxPool .*kernelHeight: 2", "maxPool .*kernelHeight: 3"),
    },
  ],
  "stride of a convolution": [
    imagesWith(network([averagePool({ size: 2 })])),
    {
      made: imagesWith(network([], conv("conv", { outChannels: 2, kernel: 3, stride: 2 }))),
      sentence: layersOf(2, "conv conv2d .*stride: 2", "conv conv2d .*stride: 1"),
    },
  ],
  "end of a rectifier": [
    plain,
    {
      made: imagesWith(network([relu6(), maxPool({ size: 2 })])),
      sentence: layersOf(4, "clip {hi: 6, lo: 0}", "clip {hi: Infinity, lo: 0}"),
    },
  ],
  "a rectifier more": [
    plain,
    {
      made: imagesWith(network([relu(), maxPool({ size: 2 }), relu()])),
      sentence: layersOf(6, "clip", "quantize"),
    },
  ],
  "an activation's factor": [
    sumsWith(withFactor.activation(0.1)),
    {
      made: sumsWith(withFactor.activation(0.2)),
      sentence: /: values of activation leaky \w+, expected \w+ as in the saved run; give it as it was/,
    },
  ],
  "a loss's factor": [
    sumsWith(withFactor.loss(1)),
    {
      made: sumsWith(withFactor.loss(2)),
      sentence: /: values of loss squares \w+, expected \w+ as in the saved run/,
    },
  ],
  "an update rule's factor": [
    sumsWith(withFactor.rule(1)),
    {
      made: sumsWith(withFactor.rule(2)),
      sentence: /: values of the update rule \w+, expected \w+ as in the saved run/,
    },
  ],
};

for (const [what, [first, { made, sentence }]] of Object.entries(cases))
  test(`${what}: another one is not resumed, not evaluated, and runs anew in compare`, async () => {
    const out = join(home, what);
    await eventsOf(first, { out, ...stopsAfter(1) });
    assert.match(await failureOf(eventsOf(made, { out, resume: true })), sentence);
    assert.match(await failureOf(firstValueFrom(evaluate(made, out))), sentence);
    assert.is((await eventsOf(first, { out, resume: true, engine: "reference" })).at(-1)?.event, "done");
    /** Whether the run had ended before. */
    const wasThere = async (one: Experiment): Promise<boolean> => {
      const how = { seeds: [1], out: `${out}, study`, engine: "simd", threads: 1 } as const;
      const events = await lastValueFrom(compare({ one }, how).pipe(toArray()));
      const run = events.find(({ event }) => event === "run") as RunDoneEvent;
      assert.is(run.status, "done");
      return run.before;
    };
    assert.equal([await wasThere(first), await wasThere(made), await wasThere(first)], [false, false, true]);
  });

test.run();
