/**
 * @file Contents of the package by theme: the names that most programs need. Networks of papers, further methods and building blocks are
 *   behind subpaths: `rangeflow/models`, `/quantizers`, `/operators`, `/engines`, `/charts`, `/core` and `/pipelines`.
 */

// Experiments: everything that decides the bits of a run, as one value

export { type Experiment, experiment, type PartialExperiment } from "./experiments/experiment.ts";
export { experimentWith } from "./experiments/experimentFile.ts";
export { builtIn, experimentFile } from "./experiments/source.ts";
export type { Settings } from "./settings/settings.ts";

// Runs, and studies of many runs

export { predict } from "./inference/predict.ts";
export { serveRun } from "./live/serveRun.ts";
export { watchRun } from "./live/watchRun.ts";
export { type Evaluation, evaluate } from "./runs/evaluate.ts";
export type { TrainEvent } from "./runs/events.ts";
export { threads } from "./runs/threads.ts";
export { type RunOptions, train } from "./runs/train.ts";
export { compare } from "./studies/compare.ts";
export type { CompareEvent } from "./studies/events.ts";
export { combinations } from "./studies/grid.ts";

// Data

export { trainBatches } from "./data/batches.ts";
export { cifar10 } from "./data/cifar10.ts";
export type { Dataset } from "./data/dataset.ts";
export { fromArrays } from "./data/fromArrays.ts";
export { fromBoxes } from "./data/fromBoxes.ts";
export { glyphs } from "./data/glyphs.ts";
export { mnist } from "./data/idx.ts";
export { images } from "./data/images.ts";
export type { LabelledImages } from "./data/labelledImages.ts";
export { pairs } from "./data/pairs.ts";
export { scenes } from "./data/scenes.ts";
export { tinyImageNet } from "./data/tinyImageNet.ts";
export { tinyImageNetBoxes } from "./data/tinyImageNetBoxes.ts";

// Rules: quantization of the sites of a network

export { quantizeNetwork } from "../operators/sites/quantizeNetwork.ts";
export type { Rule, SitePlan } from "../quantizers/rules/rule.ts";

// Recipes: published methods as parts of an experiment

export { recipes } from "./recipes/recipes.ts";

// Range estimators: choose the interval. All of them: rangeflow/quantizers

export { currentMinMax } from "../quantizers/estimators/currentMinMax.ts";
export { type Estimator, estimate, type RangeEstimator } from "../quantizers/estimators/estimator.ts";
export { estimatorEntry } from "../quantizers/estimators/estimatorEntry.ts";
export { fixed } from "../quantizers/estimators/fixed.ts";
export { inHindsight } from "../quantizers/estimators/inHindsight.ts";
export { inPhases } from "../quantizers/estimators/inPhases.ts";
export { meanSquaredError } from "../quantizers/estimators/meanSquaredError.ts";
export { percentile } from "../quantizers/estimators/percentile.ts";
export { runningMinMax } from "../quantizers/estimators/runningMinMax.ts";

// Quantizers: choose the levels. All of them: rangeflow/quantizers

export { lsq } from "../quantizers/learned/lsq.ts";
export { codebookProjection } from "../quantizers/projections/codebook.ts";
export { luq } from "../quantizers/projections/luq.ts";
export type { Projection } from "../quantizers/projections/projection.ts";
export { projectionEntry } from "../quantizers/projections/projectionEntry.ts";
export { tryProjection } from "../quantizers/projections/tryProjection.ts";

// Layers. All of them: rangeflow/operators

export { activation } from "../operators/layers/activation.ts";
export { batchNorm } from "../operators/layers/batchNorm.ts";
export { concat } from "../operators/layers/concat.ts";
export { conv2d } from "../operators/layers/conv2d.ts";
export { dense } from "../operators/layers/dense.ts";
export { dropout } from "../operators/layers/dropout.ts";
export { flatten } from "../operators/layers/flatten.ts";
export { averagePool, globalAveragePool, maxPool } from "../operators/layers/pool.ts";
export { relu, relu6 } from "../operators/layers/relu.ts";
export { residual } from "../operators/layers/residual.ts";
export { quantize } from "../operators/sites/quantize.ts";
export { quantized } from "../operators/sites/quantized.ts";

// Networks: modules and their composition; networks of papers: rangeflow/models

export { beginStep, build, scopeFor } from "../operators/module/build.ts";
export { identity } from "../operators/module/identity.ts";
export type { Module, Scope } from "../operators/module/module.ts";
export { runBatches } from "../operators/module/runBatches.ts";
export { sequential } from "../operators/module/sequential.ts";
export { load } from "./weights/load.ts";

// Layers of your own

export { channelsOf, type Expr, ofTensor, staged } from "../core/expr.ts";
export { constant } from "../operators/module/initialize.ts";
export type { Context } from "../operators/step/context.ts";
export { branches, plus } from "../operators/step/fork.ts";
export { layer } from "../operators/step/op.ts";
export type { Task } from "../operators/step/task.ts";
export { checkGradients } from "../operators/training/checkGradients.ts";

// Losses, metrics, optimizers and schedules

export { centerLoss } from "../operators/detection/centerLoss.ts";
export { detectionMetrics } from "../operators/detection/detectionMetrics.ts";
export { absoluteError } from "../operators/losses/absoluteError.ts";
export { crossEntropy } from "../operators/losses/crossEntropy.ts";
export { loss } from "../operators/losses/loss.ts";
export { epochMetric } from "../operators/taps/epochMetric.ts";
export type { OutputMetric } from "../operators/taps/outputMetric.ts";
export { type Optimizer, optimizerOf, optimizers } from "../operators/training/optimizers.ts";
export { constantRate, cosine, stepDecay, warmUp } from "../operators/training/schedule.ts";
export { sgd } from "../operators/training/sgd.ts";
export { hostRule } from "../operators/training/updateRule.ts";

// Observation, recordings and replay

export { at } from "../operators/taps/at.ts";
export { histogramsAt } from "../operators/taps/histograms.ts";
export { record } from "../operators/taps/record.ts";
export { replay } from "../operators/taps/replay.ts";
export { snapshot } from "../operators/taps/snapshot.ts";
export { sqnrAt } from "../operators/taps/sqnr.ts";
export { readCheckpoint } from "./files/checkpoint.ts";
export { readRecording } from "./files/recording.ts";
export { replayStudy } from "./replay/replayStudy.ts";
export { verifyRun } from "./replay/verifyRun.ts";
export { readRunView } from "./report/readRunView.ts";

// Tensors, ranges, signals and engines

export type { Engine } from "../core/engine.ts";
export { reference } from "../core/engines/reference/engine.ts";
export { simd } from "../core/engines/simd/engine.ts";
export { absMax, observedRange, type Range, type RangeStat } from "../core/range.ts";
export type { RangeSeen, Signal } from "../core/signal.ts";
export { statOf } from "../core/statOf.ts";
export { elements, type HostTensor, type Shape, type Tensor, tensor } from "../core/tensor.ts";

// Errors

export { problem, RangeflowFailure } from "../core/errors.ts";
