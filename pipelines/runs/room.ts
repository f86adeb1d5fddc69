/** @file Checks whether a batch fits into memory, before the run starts. */
import { of } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { sizeOf } from "../../core/tensor.ts";
import { type Batch, beginStep } from "../../operators/module/build.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import type { SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";
import { type Network, type NetworkOptions, network } from "./network.ts";
import type { PlannedModel } from "./plannedModel.ts";

type RoomOptions = Omit<NetworkOptions, "history">;

/**
 * Trains a network on one batch and returns the bytes that this took.
 *
 * @throws what the step fails with
 */
export const stepBytes = ({ layer }: Network, engine: Engine, batch: Batch): number => {
  let failure: unknown;
  of(beginStep(engine, batch, { step: 0, training: true }))
    .pipe(layer)
    .subscribe({
      error: (error: unknown) => {
        failure = error;
      },
    });
  if (failure) throw failure;
  return engine.memory().step;
};

const waiting: NamedEstimator = { name: "currentMinMax", estimator: currentMinMax() };

/** Share of an extrapolated estimate that is trusted; a larger batch may fragment memory differently. */
const surely = 0.97;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** Bytes that all products of a step read and write, plus the parameters, in float32. */
export const productBytes = (
  { convolutions, parameters }: Pick<PlannedModel, "convolutions" | "parameters">,
  batch: number,
): number => {
  const eachImage = convolutions.reduce(
    (sum, { inShape, outShape }) => sum + sizeOf(inShape) + sizeOf(outShape),
    0,
  );
  return 4 * (batch * eachImage + parameters.reduce((sum, { value }) => sum + value.size, 0));
};

/** Safety factor on `productBytes`. The package's models take twice that at most; the rest is a margin for other layers. */
const amply = 16;

/** Whether the plan of a network alone shows that a training step fits easily, so that no step has to be tried. */
export const hasRoomByFar = (
  planned: Pick<PlannedModel, "convolutions" | "parameters">,
  { experiment, engine }: Pick<RoomOptions, "experiment" | "engine">,
): boolean => {
  const { kept, most } = engine.memory();
  const wanted = amply * productBytes(planned, experiment.batch);
  return planned.convolutions.length > 0 && wanted <= most - kept;
};

/** A second engine with as much memory as the first, and enough for a few images; undefined if the address space does not allow it. */
const secondEngine = (most: number): Engine | undefined => {
  try {
    return simd({ bytes: Math.max(most, 2 ** 30) });
  } catch (error) {
    if (error instanceof RangeflowFailure) return undefined;
    throw error;
  }
};

/**
 * Refuses a batch whose training step does not fit into the memory of its engine.
 *
 * Memory grows linearly with the batch once it fills the scratch of every kernel, so two steps on a second engine determine what any
 * batch takes. They are skipped if `hasRoomByFar` holds. All ranges in them are dynamic, which takes the most memory, and the estimators
 * of the run are not touched. If the system has no room for a second engine, the first step of the run shows whether the batch fits.
 *
 * @throws `RangeflowFailure` that says how many images would fit
 */
export const checkRoom = (options: RoomOptions): void => {
  const { experiment, data } = options;
  const { kept, most } = options.engine.memory();
  if (most === Number.POSITIVE_INFINITY) return;
  const { batch, name } = experiment;
  const trial = secondEngine(most);
  if (trial === undefined) return;
  try {
    const dynamic = (of: SiteQuantizers["quantizer"]): SiteQuantizers["quantizer"] => {
      return (site, role) => ({ ...of(site, role), estimator: waiting });
    };
    const { quantizer, weightGradient } = options;
    const trained = network({
      ...options,
      engine: trial,
      quantizer: dynamic(quantizer),
      weightGradient: weightGradient && dynamic(weightGradient),
      history: () => [],
    });
    const bytesOf = (images: number): number => stepBytes(trained, trial, data.blank(images));
    const free = most - kept;
    const fewest = Math.min(batch, 2);
    if ((batch / fewest) * bytesOf(fewest) <= free) return;
    const [few, more] = [32, 48];
    const eachImage = (bytesOf(more) - bytesOf(few)) / (more - few);
    const rest = bytesOf(few) - few * eachImage;
    const wanted = rest + batch * eachImage;
    if (wanted <= free) return;
    throw new RangeflowFailure(
      problem(
        "batch",
        `a training step of ${name} over ${batch} images, which takes ${gibibytes(wanted)}`,
        `at most ${gibibytes(free)}, which the engine has for a step`,
        `${Math.floor((surely * (free - rest)) / eachImage)} images would fit`,
      ),
    );
  } finally {
    trial.dispose();
  }
};
