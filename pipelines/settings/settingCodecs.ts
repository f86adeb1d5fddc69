/** @file The codecs of single settings: what each accepts, and what its error expects. */
import { extname } from "node:path";
import type { Accumulator } from "../../core/accumulator.ts";
import { wholeIn } from "../../core/numberText.ts";
import { isWidth } from "../../quantizers/quantizer.ts";
import { weightsEndings } from "../weights/weightsFile.ts";
import { bitsIn } from "./bitsTriple.ts";
import { codec, numeric, real } from "./codecs.ts";

/** The accumulator that a text such as `16:wrap` names; undefined for any other text. */
export const accumulatorIn = (text: string): Accumulator | undefined => {
  const [, width = "", overflow, all] = /^(\d+):(wrap|saturate)(:all)?$/.exec(text) ?? [];
  const bits = wholeIn(width);
  return bits >= 2 && bits <= 31
    ? { bits, overflow: overflow as Accumulator["overflow"], backward: all !== undefined }
    : undefined;
};

/** An accumulator as it is written on the command line: `16:wrap`. */
export const accumulatorText = ({ bits, overflow, backward }: Accumulator): string =>
  `${bits}:${overflow}${backward ? ":all" : ""}`;

/** Path of a weights file; empty for none. */
export const weightsPath = codec(`the path of a ${weightsEndings.join(" or ")} file`, (u) =>
  typeof u === "string" && (u === "" || weightsEndings.includes(extname(u).toLowerCase())) ? u : undefined,
);

/** Bits of weights, activations and gradients, as `8/8/8`. */
export const bitsTriple = codec("three of 2 to 8, or 32 for float32, as 8/8/8", (u) =>
  typeof u === "string" && bitsIn(u) ? u : undefined,
);

/** Bits of one layer, or `same` for those of all layers. */
export const bitsOrSame = codec(`same, or ${bitsTriple.name}`, (u) =>
  u === "same" || bitsTriple.is(u) ? (u as string) : undefined,
);

/** Bits of the gradient copy that weight gradients are computed from. */
export const widthOrSame = codec("same, 2 to 8, or 32 for float32", (u): number | "same" | undefined => {
  if (u === "same") return u;
  const bits = numeric(u, wholeIn);
  return isWidth(bits) ? bits : undefined;
});

export const accumulatorCodec = codec(
  "exact, or 2 to 31 bits with wrap or saturate, as 16:wrap or 16:saturate, or 16:wrap:all to include backward products",
  (u) => (typeof u === "string" && (u === "exact" || accumulatorIn(u)) ? u : undefined),
);

/** A number of threads, or `auto` for one that is measured. */
export const threadCount = codec("auto, or an integer from 1 to 64", (u): number | "auto" | undefined => {
  if (u === "auto") return u;
  const wanted = numeric(u, wholeIn);
  return Number.isInteger(wanted) && wanted >= 1 && wanted <= 64 ? wanted : undefined;
});

export const notNegative = real("a number that is not negative", (x) => x >= 0 && Number.isFinite(x));
export const positive = real("a positive number", (x) => x > 0 && Number.isFinite(x));
export const unit = real("a number from 0 to less than 1", (x) => x >= 0 && x < 1);
