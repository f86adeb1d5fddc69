/**
 * @file Kernel text for pools, subsamplings and their pullbacks. A pullback gathers: one thread adds everything that belongs to its
 *   element.
 */
import type { Source } from "../../../expr.ts";
import { longestRun } from "../../../runs.ts";
import { inverseArea, type Window } from "../../../shape.ts";
import { type Shape, type Shape4, sides4 } from "../../../tensor.ts";
import { quotient } from "./products.ts";
import { inside, type Text } from "./text.ts";

type Of<Tag extends Source["_tag"]> = Extract<Source, { _tag: Tag }>;
/** Sample and row of the thread's element in an image of a given height. */
const placeOf = (text: Text, height: number): { readonly n: string; readonly row: string } => {
  const n = text.let(quotient(text, text.z, height));
  return { n, row: text.let(`${text.z} - ${n} * ${height}`) };
};

/** Writes loops over the elements of x under the window at (p, q) of sample n, in order; padding is skipped. */
const writeWindow = (
  text: Text,
  window: Window,
  [, height, width, channels]: Shape4,
  at: { readonly n: string; readonly p: string; readonly q: string },
  x: string,
  write: (value: string) => void,
): void => {
  const { kernelHeight, kernelWidth, stride, padding } = window;
  text.line(`for (let i = 0; i < ${kernelHeight}; i++) {`);
  text.line(`let row = ${at.p} * ${stride} - ${padding} + i;`);
  text.line(`if (${inside("row", height)}) {`);
  text.line(`for (let j = 0; j < ${kernelWidth}; j++) {`);
  text.line(`let column = ${at.q} * ${stride} - ${padding} + j;`);
  text.line(`if (${inside("column", width)}) {`);
  write(text.let(`${x}[at(${text.x}, column, ${at.n} * ${height} + row, ${channels}, ${width})]`));
  text.line("} } } }");
};

/** Whether a value replaces the largest so far: the first of the largest wins, and NaN over every number. */
const wins = (value: string, best: string): string =>
  `${value} > ${best} || (!(${value} === ${value}) && ${best} === ${best})`;

/** Whether a kernel computes a pool with the bits of the reference: the sum of a mean must be a single run. */
export const isWritablePool = ({ kind, window }: Of<"Pool">): boolean =>
  kind === "max" || window.kernelHeight * window.kernelWidth <= longestRun;

/** Writes the largest or mean element of each window. */
export const writePool = (text: Text, { kind, window, x }: Of<"Pool">, shape: Shape): string => {
  const { n, row: p } = placeOf(text, sides4(shape)[1]);
  const q = text.y;
  const array = text.array(x);
  const result = text.let("0");
  if (kind === "average") {
    writeWindow(text, window, sides4(x.shape), { n, p, q }, array, (value) =>
      text.line(`${result} += ${value};`),
    );
    return text.let(`${result} * ${text.number(inverseArea(window))}`);
  }
  const seen = text.let("0");
  writeWindow(text, window, sides4(x.shape), { n, p, q }, array, (value) => {
    text.line(`if (${seen} === 0 || ${wins(value, result)}) { ${result} = ${value}; ${seen} = 1; }`);
  });
  return result;
};

/** Writes loops over the windows (p, q) that contain the element (row, column), in order. */
const writeWindowsOver = (
  text: Text,
  { kernelHeight, kernelWidth, stride, padding }: Window,
  [, outHeight, outWidth]: Shape4,
  row: string,
  write: () => void,
): void => {
  const side = (index: string, kernel: number, at: string, count: number): void => {
    text.line(`for (let ${index}Tap = 0; ${index}Tap < ${kernel}; ${index}Tap++) {`);
    text.line(`let ${index}Scaled = ${at} + ${padding - kernel + 1} + ${index}Tap;`);
    text.line(`let ${index} = Math.floor((${index}Scaled + 0.5) / ${stride});`);
    text.line(`if (${index} * ${stride} === ${index}Scaled && ${inside(index, count)}) {`);
  };
  side("p", kernelHeight, row, outHeight);
  side("q", kernelWidth, text.y, outWidth);
  write();
  text.line("} } } }");
};

/** Writes the pullback of a pool. */
export const writeUnpool = (text: Text, { kind, window, x, dy }: Of<"Unpool">): string => {
  const [, height] = sides4(x.shape);
  const [, outHeight, outWidth, channels] = sides4(dy.shape);
  const { n, row } = placeOf(text, height);
  const sum = text.let("0");
  const inverse = kind === "average" ? text.number(inverseArea(window)) : "";
  const input = kind === "max" ? text.array(x) : "";
  const gradient = text.array(dy);
  writeWindowsOver(text, window, sides4(dy.shape), row, () => {
    const g = text.let(`${gradient}[at(${text.x}, q, ${n} * ${outHeight} + p, ${channels}, ${outWidth})]`);
    if (kind === "average") {
      const share = text.let(`${g} * ${inverse}`);
      text.line(`${sum} += ${share};`);
      return;
    }
    const [best, bestRow, bestColumn] = [text.let("0"), text.let("-1"), text.let("-1")];
    writeWindow(text, window, sides4(x.shape), { n, p: "p", q: "q" }, input, (value) => {
      text.line(`if (${bestRow} < 0 || ${wins(value, best)}) {`);
      text.line(`${best} = ${value}; ${bestRow} = row; ${bestColumn} = column; }`);
    });
    text.line(`if (${bestRow} === ${row} && ${bestColumn} === ${text.y}) { ${sum} += ${g}; }`);
  });
  return sum;
};

/** Writes every `stride`-th row and column. */
export const writeSubsample = (text: Text, { x, stride, before }: Of<"Subsample">, shape: Shape): string => {
  const [, height, width, channels] = sides4(x.shape);
  const { n, row } = placeOf(text, sides4(shape)[1]);
  const channel = text.let(`${text.x} - ${before}`);
  const result = text.let("0");
  const z = `${n} * ${height} + ${row} * ${stride}`;
  text.line(`if (${inside(channel, channels)}) {`);
  text.line(
    `${result} = ${text.array(x)}[at(${channel}, ${text.y} * ${stride}, ${z}, ${channels}, ${width})];`,
  );
  text.line("}");
  return result;
};

/** Writes the pullback of a subsampling. */
export const writeSupersample = (
  text: Text,
  { dy, stride, before }: Of<"Supersample">,
  shape: Shape,
): string => {
  const [, height, width, channels] = sides4(dy.shape);
  const { n, row } = placeOf(text, sides4(shape)[1]);
  const p = quotient(text, row, stride);
  const q = quotient(text, text.y, stride);
  const result = text.let("0");
  const z = `${n} * ${height} + ${p}`;
  text.line(`if (${p} * ${stride} === ${row} && ${q} * ${stride} === ${text.y}) {`);
  text.line(`${result} = ${text.array(dy)}[at(${text.x} + ${before}, ${q}, ${z}, ${channels}, ${width})];`);
  text.line("}");
  return result;
};
