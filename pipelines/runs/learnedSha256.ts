import type { ReadParameter } from "../../operators/module/parameters.ts";
import { weightsSha256 } from "../files/checkpoint.ts";
import { savedTensors } from "./runDirectory.ts";

/** SHA-256 over all parameters of a network, without the state of optimizers. */
export const learnedSha256 = (parameters: readonly ReadParameter[]): string =>
  weightsSha256(savedTensors(parameters.filter(({ kind }) => kind !== "velocity" && kind !== "state")));
