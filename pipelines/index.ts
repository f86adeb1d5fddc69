/** @file Contents of `rangeflow/pipelines` by theme: everything that touches files, the process or the clock. */

// Settings; estimators and quantizers by name or by file

export * from "./settings/estimatorNamed.ts";
export * from "./settings/quantizerNamed.ts";
export * from "./settings/settings.ts";

// Recipes: published methods as parts of an experiment

export * from "./recipes/recipeCatalogue.ts";
export * from "./recipes/recipeEntry.ts";
export * from "./recipes/recipeNamed.ts";
export { type RecipeOf, type RecipeParts, recipes } from "./recipes/recipes.ts";
export * from "./recipes/settingsInForce.ts";

// Experiments

export * from "./experiments/builtInExperiment.ts";
export * from "./experiments/experiment.ts";
export { type ExperimentWith, experimentWith } from "./experiments/experimentFile.ts";
export * from "./experiments/source.ts";

// Data

export * from "./data/batches.ts";
export * from "./data/cifar10.ts";
export * from "./data/dataset.ts";
export * from "./data/fromArrays.ts";
export * from "./data/fromBoxes.ts";
export * from "./data/glyphs.ts";
export * from "./data/idx.ts";
export * from "./data/images.ts";
export * from "./data/labelledImages.ts";
export * from "./data/pairs.ts";
export * from "./data/scenes.ts";
export * from "./data/tinyImageNet.ts";
export * from "./data/tinyImageNetBoxes.ts";

// One run

export type { DataContent } from "./data/dataContent.ts";
export type { Normalization } from "./data/normalization.ts";
export * from "./live/serveRun.ts";
export * from "./live/watchRun.ts";
export * from "./runs/evaluate.ts";
export * from "./runs/events.ts";
export { type Identity, runIdOf } from "./runs/identity.ts";
export type { Opening } from "./runs/openSource.ts";
export type { Resources } from "./runs/resources.ts";
export { type RunRecording, recordingOf } from "./runs/runRecording.ts";
export * from "./runs/scores.ts";
export * from "./runs/threads.ts";
export * from "./runs/traffic.ts";
export * from "./runs/train.ts";
export type { UserFile } from "./settings/userFiles.ts";

// What its network computes, as data: inference graph, C and ONNX

export * from "./c/exportC.ts";
export type * from "./inference/graph.ts";
export * from "./inference/inferenceGraph.ts";
export * from "./inference/predict.ts";
export { runGraph } from "./inference/runGraph.ts";
export { type ExportedOnnx, type ExportOnnxOptions, exportOnnx } from "./onnx/writing/exportOnnx.ts";
export type { BatchNormStyle, OnnxForm } from "./onnx/writing/onnxStyle.ts";

// Its files

export * from "./files/checkpoint.ts";
export * from "./files/foreignRecorder.ts";
export * from "./files/importInfo.ts";
export * from "./files/recorder.ts";
export * from "./files/recording.ts";

// The view of a run, as pages and charts show it

export { readRunView } from "./report/readRunView.ts";

// What it has logged and recorded, for TensorBoard

export type { ExportedEvents } from "./exports/exportRunEvents.ts";
export * from "./exports/exportTensorBoard.ts";

// Imported (third-party) statistics

export type { ImportOptions } from "./imports/importOptions.ts";
export { type ImportSummary, importStatistics } from "./imports/importStatistics.ts";

// Studies of one recording: replay

export * from "./replay/byRole.ts";
export { type Judgement, judges } from "./replay/judge.ts";
export type { JudgedSink } from "./replay/judgedAnswers.ts";
export * from "./replay/rangeError.ts";
export * from "./replay/replayAnswers.ts";
export * from "./replay/replayStudy.ts";
export type { Bounds, ReplayRow, RowBounds } from "./replay/tally.ts";
export { type TrajectoryFile, trajectoryFile } from "./replay/trajectoryFile.ts";
export * from "./replay/verifyRun.ts";

// Studies of many runs

export { studies } from "./studies/catalogue.ts";
export * from "./studies/compare.ts";
export type { Comparing } from "./studies/comparing.ts";
export type { Equivalence } from "./studies/equivalence.ts";
export * from "./studies/events.ts";
export * from "./studies/grid.ts";
export type { PlanOptions } from "./studies/plan.ts";
export type { Experiments } from "./studies/rivals.ts";
export type { Difference, Spread } from "./studies/spread.ts";
export type { Study } from "./studies/study.ts";

// Studies on many machines

export { type EmitOptions, type EmittedEvent, emitSlurm } from "./sweeps/emitSlurm.ts";
export {
  type MachineEvent,
  type SweepEvent,
  type SweepOptions,
  sweep,
  type TroubleEvent,
} from "./sweeps/sweep.ts";
export { type WorkOptions, work } from "./sweeps/work.ts";
export type { WorkEvent } from "./sweeps/workEvents.ts";
export { type TaskOptions, workTask } from "./sweeps/workTask.ts";

// Weights from and for other programs

export {
  type ExportedWeights,
  type ExportSafetensorsOptions,
  exportSafetensors,
} from "./exports/exportSafetensors.ts";
export * from "./weights/load.ts";
export type { NameMap } from "./weights/nameMap.ts";
export type { Names } from "./weights/names.ts";
export type { MatchOptions } from "./weights/weightMatch.ts";
