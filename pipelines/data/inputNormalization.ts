/** @file Normalization of inputs, as events, exported files and printed lines state it. */
import { decodeJson } from "../files/json.ts";
import type { DataFacts } from "./dataset.ts";

/**
 * Mean and standard deviation per channel, of pixels in [0, 1], with which inputs are normalized; absent unless inputs are made from
 * bytes.
 */
export interface InputNormalization {
  /** Statistics of the training images of the run. Another limit on their number gives other statistics. */
  readonly inputMean?: readonly number[];
  readonly inputStd?: readonly number[];
}

export const inputNormalization = ({
  normalization,
}: Pick<DataFacts, "normalization">): InputNormalization =>
  normalization === undefined ? {} : { inputMean: normalization.mean, inputStd: normalization.std };

/** The same as entries of a file's metadata: JSON arrays, exact to the bit. */
export const normalizationMetadata = ({
  inputMean,
  inputStd,
}: InputNormalization): Readonly<Record<string, string>> =>
  inputMean && inputStd ? { inputMean: JSON.stringify(inputMean), inputStd: JSON.stringify(inputStd) } : {};

const numbersIn = (text: string | undefined): readonly number[] => {
  const decoded = decodeJson(text ?? "");
  const given: unknown = decoded._tag === "Right" ? decoded.right : undefined;
  return Array.isArray(given) && given.every(Number.isFinite) ? given : [];
};

/** Normalization in a file's metadata; empty if the metadata hold none, or an invalid one. */
export const normalizationIn = (metadata: Readonly<Record<string, string>>): InputNormalization => {
  const [inputMean, inputStd] = [numbersIn(metadata.inputMean), numbersIn(metadata.inputStd)];
  const isWhole =
    inputMean.length > 0 && inputMean.length === inputStd.length && inputStd.every((std) => std > 0);
  return isWhole ? { inputMean, inputStd } : {};
};

/** Largest difference, in units of the inputs, that the digits of a message can cause. */
const tolerance = 1e-5;

/** Whether two data sets normalize inputs differently; false if one of them does not state its normalization. */
export const areOtherInputs = (one: InputNormalization, other: InputNormalization): boolean => {
  const [mean, std] = [one.inputMean, one.inputStd];
  const [means, stds] = [other.inputMean, other.inputStd];
  if (!mean || !std || !means || !stds) return false;
  return (
    mean.length !== means.length ||
    mean.some((value, c) => Math.abs(value - means[c]!) > tolerance * stds[c]!) ||
    std.some((value, c) => Math.abs(value / stds[c]! - 1) > tolerance)
  );
};

/** Options that reproduce the input normalization of a file; empty if the file was trained on the same one. */
export const otherInputsTexts = ({ inputMean, inputStd }: InputNormalization = {}): readonly string[] =>
  inputMean && inputStd
    ? [
        `the file was trained on other inputs: --input-mean ${inputMean.join(",")} --input-std ${inputStd.join(",")}`,
      ]
    : [];

/** One number, or one for each channel, to six digits. */
export const numbers = (values: readonly number[]): string =>
  values.map((value) => Number(value.toPrecision(6))).join(", ");

/** The same as text; empty unless inputs are made from bytes. */
export const normalizationTexts = ({ inputMean, inputStd }: InputNormalization): readonly string[] =>
  inputMean && inputStd
    ? [`inputs are (pixel / 255 - mean) / std with mean ${numbers(inputMean)} and std ${numbers(inputStd)}`]
    : [];
