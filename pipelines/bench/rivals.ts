/** @file Peers that train the same network: first the same losses, then as many images per step as they can handle. */

import { counted } from "../../core/inWords.ts";
import { elements, inMemory } from "../../core/tensor.ts";
import { isTrained } from "../../operators/module/parameters.ts";
import type { Contestant } from "./contest.ts";
import type { Surroundings } from "./group.ts";
import { messageOf, type PeerTrainer, type PeerTraining, type TrainingTask } from "./peers.ts";
import { descent, type ModelName, openTrainer, type Trainer } from "./trainer.ts";

/** A peer in training, with a number of images per step. */
export interface Rival extends Contestant {
  readonly images: number;
  readonly close: () => unknown;
}

interface Wanted {
  readonly model: ModelName;
  readonly batch: number;
  /** Largest number of milliseconds per step. */
  readonly mostTurn: number;
}

/** Number of images with which the slowest peer can take some steps, and the least that can be halved. */
const fewImages = 2;

/** The second loss shows whether the first gradients are right, the third whether momentum is. */
const comparedSteps = 3;

/** Rangeflow's trainer with the number format of a peer. */
const ours = (model: ModelName, batch: number, number: PeerTrainer["number"]): Trainer =>
  openTrainer({ model, batch, ranges: number === "float32" ? "float" : "static" });

/** The task of one of Rangeflow's trainers that has taken no step yet. */
const taskOf = ({ images, parameters }: Trainer): TrainingTask => ({
  images,
  parameters: parameters.filter(isTrained).map(({ path, kind, value }) => ({
    path,
    shape: value.shape,
    value: elements(inMemory(value)).slice(),
    isDecayed: kind === "weight",
  })),
  ...descent,
});

/**
 * Tolerance between losses, relative to Rangeflow's. Float32 sums are added in another order: differences of 1e-6 were observed, while
 * three steps of two images change the loss by 1e-2. Simulated codes may fall to the other side of a tie, and gradients are rounded at
 * random: 3e-3 was observed, and a gradient of the wrong sign is 1.4e-2 away.
 */
const tolerances: Readonly<Record<PeerTrainer["number"], number>> = { float32: 1e-5, W8A8G8: 1e-2 };

/** Whether a peer has learned the same, step by step. */
export const learnsAlike = (
  number: PeerTrainer["number"],
  expected: readonly number[],
  found: readonly number[],
): boolean =>
  expected.every((loss, step) => Math.abs((found[step] as number) - loss) <= tolerances[number] * loss);

/** The largest of `batch` and its halves that takes at most `mostTurn` milliseconds. `fewImages` may take longer. */
export const bearable = (batch: number, perImage: number, mostTurn: number): number =>
  batch > fewImages && batch * perImage > mostTurn
    ? bearable(Math.floor(batch / 2), perImage, mostTurn)
    : batch;

/** A rival, named after its trainer, and after its number of images unless it is a whole batch. */
const rivalOf = async (
  trainer: PeerTrainer,
  images: number,
  { model, batch }: Pick<Wanted, "model" | "batch">,
): Promise<Rival> => {
  const own = ours(model, images, trainer.number);
  const task = taskOf(own);
  own.close();
  const training = await trainer.open(task);
  const share = images === batch ? "" : `, ${counted(images, "image")} a step`;
  return { ...training, name: `${trainer.name}${share}`, images };
};

/** A rival with a number of images, which is doubled as long as it is faster than few images suggested. */
const grown = async (
  trainer: PeerTrainer,
  images: number,
  wanted: Wanted,
  now: () => number,
): Promise<Rival> => {
  const rival = await rivalOf(trainer, images, wanted);
  const began = now();
  await rival.run();
  if (images === wanted.batch || 2 * (now() - began) > wanted.mostTurn) return rival;
  await rival.close();
  return grown(trainer, Math.min(2 * images, wanted.batch), wanted, now);
};

/** Factor by which a first step may be slower than later ones, because the network is compiled. */
const coldness = 4;

/** The losses of a peer's first steps, and the milliseconds of the last one; fewer if the first is far too slow. */
const tried = async ({ run, close }: PeerTraining, longest: number, now: () => number) => {
  const losses: number[] = [];
  let milliseconds = 0;
  try {
    while (losses.length < comparedSteps && milliseconds <= coldness * longest) {
      const began = now();
      losses.push(await run());
      milliseconds = now() - began;
    }
  } finally {
    await close();
  }
  return { losses, milliseconds };
};

/**
 * A peer that learns the same: with a whole batch if it can, otherwise with fewer images and, to see whether its time grows with them,
 * with half as many. Empty, with a note, if it cannot train, learns something else, or is too slow.
 */
export const rivalsOf = async (
  trainer: PeerTrainer,
  wanted: Wanted,
  { now, note }: Pick<Surroundings, "now" | "note">,
): Promise<readonly Rival[]> => {
  const { model, batch, mostTurn } = wanted;
  const leftOut = (why: string): readonly Rival[] => {
    note(`${trainer.name} is left out of ${model}: ${why}`);
    return [];
  };
  try {
    const own = ours(model, fewImages, trainer.number);
    const task = taskOf(own);
    const losses = Array.from({ length: comparedSteps }, own.step);
    own.close();
    const longest = 2 * mostTurn;
    const found = await tried(await trainer.open(task), longest, now);
    if (found.milliseconds > longest)
      return leftOut(`${fewImages} images take ${(found.milliseconds / 1000).toFixed(1)} s`);
    if (!learnsAlike(trainer.number, losses, found.losses))
      return leftOut(`its losses are ${found.losses.join(", ")} where ours are ${losses.join(", ")}`);
    const likely = bearable(batch, found.milliseconds / fewImages, mostTurn);
    const most = await grown(trainer, likely, wanted, now);
    return most.images === batch
      ? [most]
      : [most, await rivalOf(trainer, Math.floor(most.images / 2), wanted)];
  } catch (error) {
    return leftOut(messageOf(error));
  }
};
