/** @file Kernel text for the codes of a tensor, and for the mask of clipped elements. */
import { inverseScale, type QParams } from "../../../qparams.ts";
import type { Key } from "../../../random.ts";
import type { Tensor } from "../../../tensor.ts";
import { type Text, textFor, type Written } from "./text.ts";

/** Parameters of quantization to codes. */
export interface Quantize {
  readonly params: QParams;
  readonly noise?: Key | undefined;
}

/** Names of kernel variables that hold a rounded code. */
export interface Rounded {
  /** The code without its zero point, before clipping, and the bounds of the grid. */
  readonly code: string;
  readonly lo: string;
  readonly hi: string;
}

const halves = (word: number): readonly [number, number] => [word & 0xffff, word >>> 16];

/** A word of a key, in halves that are exact as float32. */
const writeWord = (text: Text, word: number): string => {
  const [low, high] = halves(word).map(text.number);
  return `${low} | (${high} << 16)`;
};

/**
 * Writes round(x * inverse + noise), half to even. Values more than two steps outside the grid are clamped first, so that infinity
 * needs no rounding. NaN, which is neither above nor below 0, becomes 0.
 */
export const writeRounded = (text: Text, x: string, index: string, { params, noise }: Quantize): Rounded => {
  const { qmin, qmax } = params;
  const zeroPoint = params.zeroPoint[0] as number;
  const lo = text.number(qmin - zeroPoint);
  const hi = text.number(qmax - zeroPoint);
  const scaled = text.let(`${x} * ${text.number(inverseScale(params.scale[0] as number))}`);
  const moved = noise
    ? text.let(`${scaled} + noise(${index}, ${noise.map((word) => writeWord(text, word)).join(", ")})`)
    : scaled;
  const near = text.let("0");
  text.line(`if (${scaled} <= 0 || ${scaled} > 0) { ${near} = ${moved}; }`);
  text.line(`if (${near} < ${lo} - 2) { ${near} = ${lo} - 2; }`);
  text.line(`if (${near} > ${hi} + 2) { ${near} = ${hi} + 2; }`);
  const floor = text.let(`Math.floor(${near})`);
  const rest = text.let(`${near} - ${floor}`);
  const half = text.let(`Math.floor(${floor} * 0.5)`);
  const code = text.let(`${floor}`);
  text.line(`if (${rest} > 0.5) { ${code} = ${floor} + 1; }`);
  text.line(`if (${rest} === 0.5) { ${code} = ${floor} + (${floor} - ${half} * 2); }`);
  return { code, lo, hi };
};

const element = (text: Text, x: Tensor): string => text.let(`${text.array(x)}[${text.index}]`);

/** Codes of a tensor, as float32. */
export const codesText = (x: Tensor, quantize: Quantize): Written => {
  const text = textFor(x.shape);
  const { code, lo, hi } = writeRounded(text, element(text, x), text.index, quantize);
  text.line(`if (${code} < ${lo}) { ${code} = ${lo}; }`);
  text.line(`if (${code} > ${hi}) { ${code} = ${hi}; }`);
  text.line(`return ${code} + ${text.number(quantize.params.zeroPoint[0] as number)};`);
  return text.written();
};

/** 1 where a code is inside the grid, 0 where it was clipped. */
export const maskText = (x: Tensor, quantize: Quantize): Written => {
  const text = textFor(x.shape);
  const { code, lo, hi } = writeRounded(text, element(text, x), text.index, quantize);
  const gradientMask = text.let("1");
  text.line(`if (${code} < ${lo} || ${code} > ${hi}) { ${gradientMask} = 0; }`);
  text.line(`return ${gradientMask};`);
  return text.written();
};
