/** @file Lines that must not compile: the type checker fails if one of them does. */

import { of } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import type { RangeStat } from "../../core/range.ts";
import type { ResidentParameter } from "../../core/signal.ts";
import type { Target } from "../../core/target.ts";
import { type Codes, elements, type Tensor } from "../../core/tensor.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { glyphs } from "../../pipelines/data/glyphs.ts";
import { experiment } from "../../pipelines/experiments/experiment.ts";
import { builtIn } from "../../pipelines/experiments/source.ts";
import { recipes } from "../../pipelines/recipes/recipes.ts";
import { train } from "../../pipelines/runs/train.ts";
import { quantizerWith } from "../../quantizers/catalogue/quantizerWith.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { lbtEntry } from "../../quantizers/estimators/lbt.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";

// @ts-expect-error an estimator is a function of a stream, not of one statistic
export const ofOneStatistic: RangeEstimator = (stat: RangeStat) => of({ lo: stat.min, hi: stat.max });

// @ts-expect-error an estimator emits ranges with both ends
export const halfARange: RangeEstimator = () => of({ lo: 0 });

// @ts-expect-error the learned quantizer lbt has its own entry, learnedBoundEntry
quantizerWith(lbtEntry);

// @ts-expect-error a calibrated range has both ends
inHindsight({ first: { hi: 1 } });

// @ts-expect-error decay is a number
inHindsight({ decay: "0.9" });

// @ts-expect-error a convolution must say how many channels come out
conv2d("conv1", { kernel: 3 });

// @ts-expect-error a dense layer has units, not channels
quantized(dense)("dense1", { outChannels: 10 });

// @ts-expect-error a network is composed of modules, not of their makers
sequential(conv2d);

// @ts-expect-error settings have the names of the table
train(builtIn({ learningRate: 0.1 }));

// @ts-expect-error settings alone are no experiment
train({ epochs: 1 });

// @ts-expect-error an experiment needs a loss
experiment({ network: sequential(), data: glyphs() });

// @ts-expect-error a batch is a number
experiment({ network: sequential(), data: glyphs(), loss: crossEntropy(), batch: "16" });

// @ts-expect-error estimators of one's own stand in the rules of an experiment
builtIn({}, { gradient: inHindsight() });

declare const x: Tensor;

// @ts-expect-error the elements of a tensor may be on a device: `engine.read` gives them
elements(x);

// @ts-expect-error so may those of codes
elements({} as Codes);

// @ts-expect-error a tensor has no data before it has been read
export const { data } = x;

// @ts-expect-error nor single elements
x.get(0, 0, 0, 0);

// @ts-expect-error weights may be on a device
export const ofWeights = ({ value }: ResidentParameter): Float32Array => elements(value);

// @ts-expect-error a target is compared on the host
export const target: Target = x;

export const ofHost = async (engine: Engine): Promise<Float32Array> => elements(await engine.read(x));

// @ts-expect-error bits of a recipe are a number
recipes.lbt({ bits: "4" });

// @ts-expect-error a recipe has no such option
recipes.lsq({ draws: 2 });

/** Rules take values of their own types. */
export const rules: readonly Rule[] = [
  { gradient: { range: inHindsight() } },
  // @ts-expect-error an estimator is a value, not its name
  { gradient: { range: "inHindsight" } },
  // @ts-expect-error a plan has no such field
  { weight: { bit: 4 } },
  // @ts-expect-error only the first or the last
  { layer: "second", weight: { bits: 4 } },
];
