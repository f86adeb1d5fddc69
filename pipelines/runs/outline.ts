/** @file Outline of a run: what it trains and how, in names and numbers, saved next to its identity. It changes no bit. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import type { InputNormalization } from "../data/inputNormalization.ts";
import type { ShownQuantization } from "../settings/shownSites.ts";

/** What a run trains and how, as far as it is known before its first step. The same for every kind of experiment. */
export interface RunOutline extends InputNormalization {
  /** Name of the experiment; for a built-in experiment that of its model. */
  readonly experiment: string;
  /** Name of the data. */
  readonly data: string;
  /** [H, W, C] of one input. */
  readonly inputShape: readonly number[];
  /** Number of classes; absent if targets are no classes. */
  readonly classes?: number;
  /** Number of trained parameters, counted in elements. */
  readonly parameters: number;
  /** Number of convolutions and dense layers. */
  readonly layers: number;
  /** Name of the loss. */
  readonly loss: string;
  /** Quantization of all sites, summarized with the names of the command line in camel case. */
  readonly quantization: ShownQuantization;
  readonly epochs: number;
  /** Samples per batch. Samples that do not fill the last batch of an epoch are left out of it. */
  readonly batch: number;
  readonly seed: number;
  /** Name of the optimizer with its options, such as `sgd:momentum=0.9`. */
  readonly optimizer: string;
  /** Name of the schedule with its options, such as `cosine:rate=0.02`. */
  readonly schedule: string;
  /** Greatest learning rate of the run; absent if the schedule cannot be asked for it. */
  readonly learningRate?: number;
}

const texts = t.readonlyArray(t.string);
const numbers = t.readonlyArray(t.number);

const QuantizationCodec = t.intersection([
  t.type({ bits: t.string }),
  t.partial({
    ...{ firstBits: t.string, lastBits: t.string, weightGradientBits: t.number },
    ...{ weightRange: t.string, activationRange: t.string },
    ...{ gradientRange: t.string, weightGradientRange: t.string },
    ...{ weightQuantizer: t.string, activationQuantizer: t.string },
    ...{ gradientQuantizer: t.string, weightGradientQuantizer: t.string },
    ...{ bitsAt: texts, rangeAt: texts, quantizerAt: texts, perChannel: t.boolean },
  }),
]);

const OutlineCodec = t.intersection([
  t.type({
    ...{ experiment: t.string, data: t.string, inputShape: numbers },
    ...{ parameters: t.number, layers: t.number, loss: t.string, quantization: QuantizationCodec },
    ...{ epochs: t.number, batch: t.number, seed: t.number, optimizer: t.string, schedule: t.string },
  }),
  t.partial({ classes: t.number, learningRate: t.number, inputMean: numbers, inputStd: numbers }),
]);

/** The outline in a file of a run; undefined if there is none, or a later version has written another kind. */
export const outlineIn = (saved: unknown): RunOutline | undefined => {
  const decoded = OutlineCodec.decode(saved);
  return E.isRight(decoded) ? (decoded.right as RunOutline) : undefined;
};
