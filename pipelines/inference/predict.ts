/** @file Outputs of a run's network for inputs of one's own. */
import { resolve } from "node:path";
import { lastValueFrom } from "rxjs";
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { elements, type HostTensor, shapeText, sizeOf, tensor } from "../../core/tensor.ts";
import { beginStep } from "../../operators/module/build.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { kindOf, notFinite } from "../data/arrayChecks.ts";
import { byteTables } from "../data/normalization.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import type { Opening } from "../runs/openSource.ts";
import { type Prepared, prepare } from "../runs/prepare.ts";
import { type Resources, resourceNames } from "../runs/resources.ts";
import { evaluatedOutputs } from "./evaluatedOutputs.ts";

/** Options of `predict`. */
export interface PredictOptions extends Opening, Partial<Resources> {
  /** Images per batch. Default: as in training. Only ranges that are computed from the tensor itself, and stochastic rounding, depend on it. */
  readonly batch?: number;
}

const optionNames: OptionNames<PredictOptions> = { ...resourceNames, trust: true, batch: true };

/** Inputs as the network takes them. */
const inputsOf = (
  { data: { name, shape, normalization } }: Prepared,
  x: Float32Array | Uint8Array,
): Float32Array => {
  const size = sizeOf(shape);
  const isArray = x instanceof Float32Array || x instanceof Uint8Array;
  if (!isArray || x.length === 0 || x.length % size !== 0)
    throw new RangeflowFailure(
      problem(
        "predict, x",
        isArray ? `${x.length} numbers` : kindOf(x),
        `a Float32Array or Uint8Array of images of ${shapeText(shape)} (H, W, C), ${size} numbers each, one after the other`,
      ),
    );
  const broken = notFinite("predict", x, size);
  if (broken.length > 0) throw new RangeflowFailure(...broken);
  if (x instanceof Float32Array) return x;
  if (normalization === undefined)
    throw new RangeflowFailure(
      problem("predict, x", "bytes", `a Float32Array, because the inputs of ${name} are not bytes`),
    );
  const tables = byteTables(normalization);
  return Float32Array.from(x, (byte, i) => (tables[i % tables.length] as Float32Array)[byte] as number);
};

/**
 * Outputs of the network for images, batch by batch, without targets. All batches are of one stream, because the history of
 * its sites, which their ranges come from, is replayed into the first one.
 */
const outputsOf = async (
  { engine, network, step, resources, data: { shape, blank } }: Prepared,
  x: Float32Array,
  { batch, outputs }: { readonly batch: number; readonly outputs: () => HostTensor },
): Promise<readonly HostTensor[]> => {
  const size = batch * sizeOf(shape);
  const found: HostTensor[] = [];
  const evaluated$ = runBatches({ to: Math.ceil(x.length / size), patience: resources.patience }, (i) => {
    if (i > 0) found.push(outputs());
    const images = x.slice(i * size, (i + 1) * size);
    const count = images.length / sizeOf(shape);
    const one = { x: images, target: blank(count).target, shape: [count, ...shape] };
    return beginStep(engine, one, { step, training: false, endsPass: true });
  })(network.layer);
  await lastValueFrom(evaluated$);
  return [...found, outputs()];
};

/** Tensors one after the other along their first dimension. */
const concatenated = (parts: readonly HostTensor[]): HostTensor => {
  const all = new Float32Array(parts.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const part of parts) {
    all.set(elements(part), at);
    at += part.size;
  }
  const [first] = parts as readonly [HostTensor];
  return tensor(all, [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...first.shape.slice(1)]);
};

/**
 * Predicts: the outputs of a run's network, in evaluation, for inputs of your own, such as the logits of images. The counterpart of
 * `net.eval(); net(x)` in PyTorch. It is what `evaluate` computes: every site uses its latest range.
 * Metrics, losses and `detections` are not called.
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param dir directory of the run, finished or not
 * @param x images in NHWC order: float32 as the network takes them, or bytes from 0 to 255, which are normalized as those of the run's data
 * @param options images per batch, engine, and whether files that only the run names may be executed (`trust`)
 * @returns outputs [N, H, W, C], logits [N, 1, 1, classes] for a classifier. Rejects with `RangeflowFailure` as `evaluate` does, and for
 *   inputs that are not whole images of finite numbers
 * @example not run: it reads a run
 * import { builtIn, predict } from "rangeflow";
 *
 * const logits = await predict(builtIn(), "runs/mine", new Float32Array(2 * 28 * 28));
 * console.log(logits.shape, logits.get(1, 0, 0, 9)); // [2, 1, 1, 10], and the last logit of the second image
 */
export const predict = async (
  source: RunSource,
  dir: string,
  x: Float32Array | Uint8Array,
  options: PredictOptions = {},
): Promise<HostTensor> => {
  checkSource("predict", source);
  checkDirectory("predict", dir);
  const { batch: wanted, ...opening } = knownOptions("predict", options, optionNames);
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0))
    throw new RangeflowFailure(problem("predict, batch", valueText(wanted), "an integer from 1"));
  const { module, outputs } = evaluatedOutputs();
  const onlookers = { hooks: () => [], looks: [module], onlyOutputs: true };
  const run = await prepare(source, {
    ...{ ...opening, onlookers, out: resolve(dir), resume: true, where: "predict", onlyEvaluates: true },
  });
  try {
    const { batch = run.experiment.batch } = options;
    return concatenated(await outputsOf(run, inputsOf(run, x), { batch, outputs }));
  } finally {
    run.engine.dispose();
  }
};
