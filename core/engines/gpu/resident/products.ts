/**
 * @file Kernel text for products: one thread sums one element, in the order of the reference.
 *
 * Integers are added exactly: at most 257 products of at most 255 * 255 are added to a remainder below 4096, which stays below
 * 2^24; multiples of 4096 are then carried over to a second float32, and the exact sum is rounded once at the end. Float32 products
 * are added one by one. Float32 sums over positions have no kernel here, because their runs are added in float64; nor have integers in
 * blocks.
 */

import { internal } from "../../../errors.ts";
import {
  type Factor,
  isInBlocks,
  isInteger,
  isOverPositions,
  type MatMul,
  matrixSides,
  type Operand,
  operandShape,
  type Product,
  termsOf,
} from "../../../product.ts";
import { sides4 } from "../../../tensor.ts";
import { inside, type Text } from "./text.ts";

/** 4095 + 257 * 255 * 255 = 16715520 < 2^24 = 16777216. */
const mostProducts = 257;
const carried = 4096;

/** Sums of more products could carry more than 2^24 times 4096. */
const mostTerms = Math.floor((2 ** 24 * carried) / (255 * 255));

/** A loop around a sum, and the condition under which its body takes part. */
interface Level {
  readonly variable: string;
  readonly count: number;
  readonly before?: readonly string[];
  readonly condition?: string;
}

/** Whether a kernel computes a product with the bits of the reference. */
export const isWritableProduct = (product: Product): boolean =>
  isInteger(product) ? termsOf(product) <= mostTerms : !(isOverPositions(product) || isInBlocks(product));

/** Splits long innermost loops in two, so that carries can be made in between. */
const chunked = (levels: readonly Level[]): readonly Level[] =>
  levels.flatMap((level): readonly Level[] => {
    const { variable, count, before = [], condition } = level;
    if (count <= mostProducts || level !== levels.at(-1)) return [level];
    const inner = `${variable}1`;
    const outer = `${variable}0`;
    return [
      { variable: outer, count: Math.ceil(count / mostProducts) },
      {
        variable: inner,
        count: mostProducts,
        before: [`let ${variable} = ${outer} * ${mostProducts} + ${inner};`, ...before],
        condition: condition ? `${variable} < ${count} && ${condition}` : `${variable} < ${count}`,
      },
    ];
  });

/** Writes the loops and the sum of `term`; returns the variable that holds it, rounded once. */
const writeSum = (text: Text, levels: readonly Level[], term: string, exact: boolean): string => {
  const all = exact ? chunked(levels) : levels;
  const sum = text.let("0");
  const high = text.let("0");
  const productsFrom = (depth: number): number =>
    all.slice(depth).reduce((count, one) => count * one.count, 1);
  const write = (depth: number): void => {
    const level = all[depth];
    if (level === undefined) {
      text.line(`${sum} += ${term};`);
      return;
    }
    const { variable, count, before = [], condition } = level;
    text.line(`for (let ${variable} = 0; ${variable} < ${count}; ${variable}++) {`);
    before.forEach(text.line);
    if (condition) text.line(`if (${condition}) {`);
    write(depth + 1);
    if (exact && productsFrom(depth + 1) <= mostProducts && productsFrom(depth) > mostProducts) {
      const carry = text.let(`Math.floor(${sum} * ${1 / carried})`);
      text.line(`${high} += ${carry};`);
      text.line(`${sum} -= ${carry} * ${carried};`);
    }
    if (condition) text.line("}");
    text.line("}");
  };
  write(0);
  return exact ? text.let(`${high} * ${carried} + ${sum}`) : sum;
};

/** Element (x, y, z) of an operand: code - zeroPoint, or the float. A zero point per channel is indexed by `first`. */
const factor = (text: Text, operand: Factor, x: string, y: string, z: string, first: string): string => {
  const [, , height, width] = operandShape(operand);
  const index = `at(${x}, ${y}, ${z}, ${width}, ${height})`;
  if (operand._tag === "Dense") return `${text.array(operand.x)}[${index}]`;
  if (operand._tag === "Blocks") throw internal("integers in blocks, which no kernel multiplies");
  const { codes, params } = operand.q;
  return `(${text.array(codes)}[${index}] - ${text.entry(Float32Array.from(params.zeroPoint), first)})`;
};

/** Integer part of `value / by`, for integers below 2^20; half a step is added, so that rounding does not matter. */
export const quotient = (text: Text, value: string, by: number): string =>
  by === 1 ? value : text.let(`Math.floor((${value} + 0.5) / ${by})`);

/** First of the `per` channels that belong to the group of `channel`; a group has `of` channels on its side. */
const groupStart = (text: Text, channel: string, of: number, per: number, groups: number): string =>
  groups === 1 ? "0" : text.let(`${quotient(text, channel, of)} * ${per}`);

const forward = (text: Text, { conv, x, w, shape }: Extract<Product, { _tag: "Forward" }>): Sum => {
  const { kernelHeight, kernelWidth, stride, padding, groups, inChannels, outChannels } = conv;
  const [, height, width] = operandShape(x);
  const [, outHeight] = sides4(shape);
  const perGroup = inChannels / groups;
  const n = text.let(quotient(text, text.z, outHeight));
  const top = text.let(`(${text.z} - ${n} * ${outHeight}) * ${stride} - ${padding}`);
  const left = text.let(`${text.y} * ${stride} - ${padding}`);
  const first = groupStart(text, text.x, outChannels / groups, perGroup, groups);
  return {
    levels: [
      {
        variable: "kh",
        count: kernelHeight,
        before: [`let row = ${top} + kh;`],
        condition: inside("row", height),
      },
      {
        variable: "kw",
        count: kernelWidth,
        before: [`let column = ${left} + kw;`],
        condition: inside("column", width),
      },
      { variable: "c", count: perGroup },
    ],
    a: factor(text, x, `${first} + c`, "column", `${n} * ${height} + row`, "0"),
    b: factor(text, w, "c", "kw", `${text.x} * ${kernelHeight} + kh`, text.x),
  };
};

/** Loop in which `index` is the position of dy that tap `k` of the kernel maps to position `at` of dx, if there is one. */
const backLevel = (
  k: string,
  kernel: number,
  index: string,
  at: string,
  count: number,
  stride: number,
): Level => ({
  variable: k,
  count: kernel,
  before: [
    `let ${index}Scaled = ${at} - ${k};`,
    stride === 1
      ? `let ${index} = ${index}Scaled;`
      : `let ${index} = Math.floor((${index}Scaled + 0.5) / ${stride});`,
  ],
  condition: `${index} * ${stride} === ${index}Scaled && ${inside(index, count)}`,
});

const backwardInput = (
  text: Text,
  { conv, dy, w, shape }: Extract<Product, { _tag: "BackwardInput" }>,
): Sum => {
  const { kernelHeight, kernelWidth, stride, padding, groups, inChannels, outChannels } = conv;
  const [, outHeight, outWidth] = operandShape(dy);
  const [, height] = sides4(shape);
  const [inPerGroup, outPerGroup] = [inChannels / groups, outChannels / groups];
  const n = text.let(quotient(text, text.z, height));
  const bottom = text.let(`${text.z} - ${n} * ${height} + ${padding}`);
  const right = text.let(`${text.y} + ${padding}`);
  const group = groups === 1 ? "0" : quotient(text, text.x, inPerGroup);
  const first = groups === 1 ? "0" : text.let(`${group} * ${outPerGroup}`);
  const channel = groups === 1 ? text.x : text.let(`${text.x} - ${group} * ${inPerGroup}`);
  const output = `${first} + c`;
  return {
    levels: [
      backLevel("kh", kernelHeight, "p", bottom, outHeight, stride),
      backLevel("kw", kernelWidth, "q", right, outWidth, stride),
      { variable: "c", count: outPerGroup },
    ],
    a: factor(text, dy, output, "q", `${n} * ${outHeight} + p`, "0"),
    b: factor(text, w, channel, "kw", `(${output}) * ${kernelHeight} + kh`, output),
  };
};

const backwardWeight = (text: Text, { conv, dy, x }: Extract<Product, { _tag: "BackwardWeight" }>): Sum => {
  const { kernelHeight, stride, padding, groups, inChannels, outChannels } = conv;
  const [samples, outHeight, outWidth] = operandShape(dy);
  const [, height, width] = operandShape(x);
  const output = text.let(quotient(text, text.z, kernelHeight));
  const down = text.let(`${text.z} - ${output} * ${kernelHeight} - ${padding}`);
  const across = text.let(`${text.y} - ${padding}`);
  const first = groupStart(text, output, outChannels / groups, inChannels / groups, groups);
  return {
    levels: [
      { variable: "n", count: samples },
      {
        variable: "p",
        count: outHeight,
        before: [`let row = p * ${stride} + ${down};`],
        condition: inside("row", height),
      },
      {
        variable: "q",
        count: outWidth,
        before: [`let column = q * ${stride} + ${across};`],
        condition: inside("column", width),
      },
    ],
    a: factor(text, dy, output, "q", `n * ${outHeight} + p`, "0"),
    b: factor(text, x, `${first} + ${text.x}`, "column", `n * ${height} + row`, "0"),
  };
};

/** Rows and channels of the matrices of an operand, and the row and channel of one factor. */
interface Entry {
  readonly sides: readonly [rows: number, channels: number];
  readonly row: string;
  readonly channel: string;
}

/** The same of the transposed matrices. */
const turned = ({ sides: [rows, channels], row, channel }: Entry): Entry => ({
  sides: [channels, rows],
  row: channel,
  channel: row,
});

const matrixProduct = (text: Text, product: MatMul): Sum => {
  const { transposed, groups, shape } = product;
  const { rows, terms, outputs } = matrixSides(product);
  const [, height, width] = sides4(shape);
  const n = text.let(quotient(text, text.z, height));
  const row = text.let(`(${text.z} - ${n} * ${height}) * ${width} + ${text.y}`);
  const group = text.let(quotient(text, text.x, outputs));
  const output = text.let(`${text.x} - ${group} * ${outputs}`);
  const of = (operand: Operand, { sides: [height, channels], row, channel }: Entry): string => {
    const index = `at(${group} * ${channels} + ${channel}, ${row}, ${n}, ${groups * channels}, ${height})`;
    if (operand._tag === "Dense") return `${text.array(operand.x)}[${index}]`;
    const { codes, params } = operand.q;
    return `(${text.array(codes)}[${index}] - ${text.number(params.zeroPoint[0] as number)})`;
  };
  const a: Entry = { sides: [rows, terms], row, channel: "term" };
  const b: Entry = { sides: [terms, outputs], row: "term", channel: output };
  return {
    levels: [{ variable: "term", count: terms }],
    a: of(product.a, transposed === "a" ? turned(a) : a),
    b: of(product.b, transposed === "b" ? turned(b) : b),
  };
};

/** Sum of products a b over some loops, as text. */
interface Sum {
  readonly levels: readonly Level[];
  readonly a: string;
  readonly b: string;
}

const sumOf = (text: Text, product: Product): Sum => {
  switch (product._tag) {
    case "Forward":
      return forward(text, product);
    case "BackwardInput":
      return backwardInput(text, product);
    case "BackwardWeight":
      return backwardWeight(text, product);
    case "MatMul":
      return matrixProduct(text, product);
  }
};

/** Writes the sum of a supported product; returns the variable that holds it. */
export const writeProduct = (text: Text, product: Product): string => {
  if (!isWritableProduct(product)) throw internal(`a ${product._tag} product that no kernel computes`);
  const { levels, a, b } = sumOf(text, product);
  return writeSum(text, levels, `${a} * ${b}`, isInteger(product));
};
