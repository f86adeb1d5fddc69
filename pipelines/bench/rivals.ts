/** @file Peers that train our network: the same losses first, and then as many images a step as they can bear. */

import { counted } from "../../core/inWords.ts";
import { elements, inMemory } from "../../core/tensor.ts";
import { isTrained } from "../../operators/module/parameters.ts";
import type { Contestant } from "./contest.ts";
import type { Surroundings } from "./group.ts";
import { messageOf, type PeerTrainer, type PeerTraining, type TrainingTask } from "./peers.ts";
import { descent, type ModelName, openTrainer, type Trainer } from "./trainer.ts";

/** A peer in training, with so many images a step. */
export interface Rival extends Contestant {
  readonly images: number;
  readonly close: () => unknown;
}

interface Wanted {
  readonly model: ModelName;
  readonly batch: number;
  /** The most milliseconds of one step. */
  readonly mostTurn: number;
}

/** So few images that the slowest peer can take some steps, and the least that can be halved. */
const fewImages = 2;

/** The second loss tells whether the first gradients are right, the third whether momentum is. */
const comparedSteps = 3;

/** Our own trainer of the numbers that a peer trains with. */
const ours = (model: ModelName, batch: number, number: PeerTrainer["number"]): Trainer =>
  openTrainer({ model, batch, ranges: number === "float32" ? "float" : "static" });

/** The task that a trainer of ours has, as long as it has taken no step. */
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
 * Tolerance between losses, as a share of ours. Float32 sums are added in another order: peers were seen 1e-6 away, while
 * three steps of two images change the loss by 1e-2. Simulated codes fall to the other side of a tie now and then, and gradients
 * by chance: 3e-3 were seen, and a gradient of the wrong sign is 1.4e-2 away.
 */
const tolerances: Readonly<Record<PeerTrainer["number"], number>> = { float32: 1e-5, W8A8G8: 1e-2 };

/** Whether a peer has learned the same, step by step. */
export const learnsAlike = (
  number: PeerTrainer["number"],
  expected: readonly number[],
  found: readonly number[],
): boolean =>
  expected.every((loss, step) => Math.abs((found[step] as number) - loss) <= tolerances[number] * loss);

/** The largest of `batch` and its halves that takes at most so many milliseconds; `fewImages` may take longer. */
export const bearable = (batch: number, perImage: number, mostTurn: number): number =>
  batch > fewImages && batch * perImage > mostTurn
    ? bearable(Math.floor(batch / 2), perImage, mostTurn)
    : batch;

/** Named after its trainer, and after its images where they are not a whole batch. */
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

/** A rival with so many images, or with twice as many again and again if it is quicker than few images have made it look. */
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

/** A first step, which may have to compile the network, takes so many times longer than later ones. */
const coldness = 4;

/** The losses of a peer's first steps, and the milliseconds of the last one; fewer if the first is hopelessly long. */
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
 * A peer that learns what we learn: with a whole batch if it can bear one, else with fewer images and, to see whether its time
 * grows as they do, with half as many. Empty, with a note, if it cannot train, learns something else, or is too slow.
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
