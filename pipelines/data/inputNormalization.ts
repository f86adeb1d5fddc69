/** @file What is said of how pixels become inputs, wherever a network meets inputs of others: events, exported files, lines. */
import { decodeJson } from "../files/json.ts";
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

const numbersIn = (text: string | undefined): readonly number[] => {
  const decoded = decodeJson(text ?? "");
  const given: unknown = decoded._tag === "Right" ? decoded.right : undefined;
  return Array.isArray(given) && given.every(Number.isFinite) ? given : [];
};

/** What a file's metadata say; nothing where they say something else, or nothing. */
export const normalizationIn = (metadata: Readonly<Record<string, string>>): InputNormalization => {
  const [inputMean, inputStd] = [numbersIn(metadata.inputMean), numbersIn(metadata.inputStd)];
  const isWhole =
    inputMean.length > 0 && inputMean.length === inputStd.length && inputStd.every((std) => std > 0);
  return isWhole ? { inputMean, inputStd } : {};
};

/** Difference of inputs, in units of theirs, that the digits of a sentence make. */
const tolerance = 1e-5;

/** Whether two data sets have other inputs; not where one of them does not say what its own are. */
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

/** The options with which inputs are those of a file that has been trained on others; nothing where it has not. */
export const otherInputsTexts = ({ inputMean, inputStd }: InputNormalization = {}): readonly string[] =>
  inputMean && inputStd
    ? [
        `the file was trained on other inputs: --input-mean ${inputMean.join(",")} --input-std ${inputStd.join(",")}`,
      ]
    : [];

/** One number, or one for each channel, to six digits. */
const numbers = (values: readonly number[]): string =>
  values.map((value) => Number(value.toPrecision(6))).join(", ");

/** The same for a person; nothing where inputs are no bytes. */
export const normalizationTexts = ({ inputMean, inputStd }: InputNormalization): readonly string[] =>
  inputMean && inputStd
    ? [`inputs are (pixel / 255 - mean) / std with mean ${numbers(inputMean)} and std ${numbers(inputStd)}`]
    : [];
