/** @file What is said of how pixels become inputs, wherever a network meets inputs of others: events, exported files, lines. */
import type { DataFacts } from "./dataset.ts";

/** Mean and standard deviation of each channel of pixels in [0, 1], from which inputs are made; absent where inputs are no bytes. */
export interface InputNormalization {
  /** Of the training images that the run has, so another limit on these has others. */
  readonly inputMean?: readonly number[];
  readonly inputStd?: readonly number[];
}

export const inputNormalization = ({
  normalization,
}: Pick<DataFacts, "normalization">): InputNormalization =>
  normalization === undefined ? {} : { inputMean: normalization.mean, inputStd: normalization.std };

/** The same as texts of a file's metadata: JSON arrays, exact to the bit. */
export const normalizationMetadata = ({
  inputMean,
  inputStd,
}: InputNormalization): Readonly<Record<string, string>> =>
  inputMean && inputStd ? { inputMean: JSON.stringify(inputMean), inputStd: JSON.stringify(inputStd) } : {};

/** One number, or one for each channel, to six digits. */
const numbers = (values: readonly number[]): string =>
  values.map((value) => Number(value.toPrecision(6))).join(", ");

/** The same for a person; nothing where inputs are no bytes. */
export const normalizationTexts = ({ inputMean, inputStd }: InputNormalization): readonly string[] =>
  inputMean && inputStd
    ? [`inputs are (pixel / 255 - mean) / std with mean ${numbers(inputMean)} and std ${numbers(inputStd)}`]
    : [];
