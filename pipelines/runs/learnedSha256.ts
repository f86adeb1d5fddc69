import type { ReadParameter } from "../../operators/module/parameters.ts";
import { weightsSha256 } from "../files/checkpoint.ts";
import { savedTensors } from "./runDirectory.ts";

/** The hash of what a network has learned, from all of its parameters; what optimizers remember is no part of it. */
export const learnedSha256 = (parameters: readonly ReadParameter[]): string =>
  weightsSha256(savedTensors(parameters.filter(({ kind }) => kind !== "velocity" && kind !== "state")));
