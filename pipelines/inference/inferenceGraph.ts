/** @file The inference graph of a run: its network in evaluation, with its parameters and the ranges of its sites. */
import { resolve } from "node:path";
import { lastValueFrom } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { QParams } from "../../core/qparams.ts";
import { elements, type HostTensor, sizeOf } from "../../core/tensor.ts";
import { type Batch, beginStep } from "../../operators/module/build.ts";
import { nonFiniteOf, readAll } from "../../operators/module/parameters.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { learnedSha256 } from "../runs/learnedSha256.ts";
import type { Opening } from "../runs/openSource.ts";
import { type Prepared, prepare } from "../runs/prepare.ts";
import { evaluatedOutputs } from "./evaluatedOutputs.ts";
import { type EvaluatedSite, evaluatedSites } from "./evaluatedSites.ts";
import type { GraphNode, InferenceGraph } from "./graph.ts";
import { checkLayers, layerNodes } from "./layerNodes.ts";
import { runGraph } from "./runGraph.ts";

const doubled = (batch: Batch): Batch => ({ ...batch, x: batch.x.map((value) => 2 * value) });

const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

/** Evaluates batches, as `evaluate` does. */
const evaluateBatches = (
  { engine, network, step, resources }: Prepared,
  batches: readonly Batch[],
): Promise<unknown> =>
  lastValueFrom(
    runBatches({ to: batches.length, patience: resources.patience }, (i) =>
      beginStep(engine, batches[i] as Batch, { step, training: false, endsPass: true }),
    )(network.layer),
  );

const sameGrid = (a: QParams | undefined, b: QParams | undefined): boolean =>
  a === b || (!!a && !!b && sameNumbers(a.scale, b.scale) && sameNumbers(a.zeroPoint, b.zeroPoint));

/** Sites with one grid for all batches. A site with a different grid for each is refused, because its estimator has never answered. */
const staticSites = (
  seen: ReadonlyMap<string, readonly EvaluatedSite[]>,
): ReadonlyMap<string, EvaluatedSite> => {
  const sites = new Map<string, EvaluatedSite>();
  for (const [path, batches] of seen) {
    const last = batches.at(-1) as EvaluatedSite;
    if (last.role === "activation" && batches.some(({ params }) => !sameGrid(params, last.params)))
      throw new RangeflowFailure(
        problem(
          path,
          "a range computed from each tensor, because none was observed in training",
          "a range that is known before the tensor",
          "train the run, so that its estimators have ranges",
        ),
      );
    sites.set(path, last);
  }
  return sites;
};

/** Sites of activations most of whose ranges were dynamic in training. */
const dynamicSites = ({ summary }: Prepared, nodes: readonly GraphNode[]): readonly string[] => {
  const sites = summary.read().roles.get("activation")?.sites;
  return nodes.flatMap(({ op, name }) => {
    const counts = op === "quantize" ? sites?.get(name) : undefined;
    return counts && counts.dynamically > counts.statically ? [name] : [];
  });
};

/** Refuses a graph that does not compute what the run does, for example because a user's layer has the name of a built-in one. */
const checkGraph = (graph: InferenceGraph, batch: Batch, outputs: Float32Array): void => {
  const last = graph.nodes.at(-1) as GraphNode;
  const size = sizeOf(graph.imageShape);
  const found = runGraph(graph, batch.x.slice(0, size)).get(last.name) as Float32Array;
  if (sameNumbers(found, outputs.subarray(0, sizeOf(last.shape)))) return;
  throw new RangeflowFailure(
    problem(
      graph.name,
      "a network whose outputs differ from those of its layers as they describe themselves",
      "layers of this package, or hooks that change nothing in evaluation",
      "remove what was wrapped around them",
    ),
  );
};

const graphOf = async (run: Prepared, seen: Seen): Promise<InferenceGraph> => {
  const { experiment, step, data, batches, planned, engine } = run;
  if (experiment.accumulator)
    throw new RangeflowFailure(
      problem(
        experiment.name,
        `sums in accumulators of ${experiment.accumulator.bits} bits`,
        "exact sums",
        "export a run without --accumulator",
      ),
    );
  const layers = planned.notes.filter((note) => note._tag === "Layer");
  checkLayers(layers);
  const batch = batches.train.make(0);
  await evaluateBatches(run, [doubled(batch), batch]);
  const parameters = await readAll(engine, run.network.parameters);
  const broken = nonFiniteOf(parameters);
  if (broken)
    throw new RangeflowFailure(
      problem(broken.path, "NaN or infinity", "finite numbers", "the run has diverged; export another one"),
    );
  const nodes = layerNodes(layers, {
    imageShape: data.shape,
    parameters: new Map(parameters.map(({ path, value }): [string, HostTensor] => [path, value])),
    sites: staticSites(seen.sites),
  });
  const graph: InferenceGraph = {
    name: experiment.name,
    runId: run.runId,
    step,
    weightsSha256: learnedSha256(parameters),
    imageShape: data.shape,
    ...(data.normalization && { normalization: data.normalization }),
    classes: data.classes,
    nodes,
    dynamicSites: dynamicSites(run, nodes),
  };
  checkGraph(graph, batch, elements(seen.outputs()));
  return graph;
};

/** What observers see of an evaluation. */
interface Seen {
  readonly sites: ReadonlyMap<string, readonly EvaluatedSite[]>;
  readonly outputs: () => HostTensor;
}

/**
 * Makes the inference graph of a run's last checkpoint: what `evaluate` computes for one image, as plain data. The graph is verified, bit
 * for bit, against an evaluation of one training image.
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param dir directory of the run, finished or not
 * @returns rejects with `RangeflowFailure` as `evaluate` does, and if a graph cannot express what the network computes: a user-defined
 *   layer, an activation on non-uniform levels or with stochastic rounding, narrow accumulators, or ranges that were never answered
 * @example not run: it reads a run
 * import { builtIn } from "rangeflow";
 * import { inferenceGraph } from "rangeflow/pipelines";
 *
 * const { nodes } = await inferenceGraph(builtIn(), "runs/mine");
 * console.log(nodes.map(({ op, name }) => `${name}: ${op}`).join("\n"));
 */
export const inferenceGraph = async (
  source: RunSource,
  dir: string,
  options: Opening = {},
): Promise<InferenceGraph> => {
  checkSource("inferenceGraph", source);
  checkDirectory("inferenceGraph", dir);
  const { trust = false } = knownOptions("inferenceGraph", options, { trust: true });
  const { hook, sites } = evaluatedSites();
  const { module, outputs } = evaluatedOutputs();
  const onlookers = { hooks: (engine: Prepared["engine"]) => [hook(engine)], looks: [module] };
  const opening = { trust, engine: "simd", threads: 1, onlookers } as const;
  const run = await prepare(source, { ...opening, out: resolve(dir), resume: true, where: "export" });
  try {
    return await graphOf(run, { sites, outputs });
  } finally {
    run.engine.dispose();
  }
};
