/**
 * @file The text of a kernel while it is written: its lines, and what it reads.
 *
 * A thread computes one element, whose place along the sides of [.., H, W, C] is `x` (channel), `y` (column) and `z` (all other
 * sides). Each is a whole number below 2^24, so that it is exact as a float32; `at` makes an index of them in integers.
 */
import { type Codes, inMemory, type Shape, type Tensor } from "../../../tensor.ts";
import type { Threads } from "./machine.ts";

/** The sides of a tensor as a kernel sees them. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

/** The innermost side, the one before, and all others together. */
export const gridOf = (shape: Shape): Grid => {
  const width = shape.at(-1) ?? 1;
  const height = shape.at(-2) ?? 1;
  return { width, height, depth: shape.slice(0, -2).reduce((a, b) => a * b, 1) };
};

/** Threads for each element of a tensor: two sides where the one in the middle is 1, so that no thread idles there. */
export const threadsOf = ({ width, height, depth }: Grid): Threads =>
  height === 1 ? [width, depth] : [width, height, depth];

/** Largest size that WebGPU allows along the third side. */
const mostDepth = 65535;

/** Whether a kernel can have a thread for each element. */
export const fitsThreads = ({ depth }: Grid): boolean => depth <= mostDepth;

/** The text of a kernel while it is written. */
export interface Text {
  readonly grid: Grid;
  /** Place of the thread's element, as expressions. */
  readonly x: string;
  readonly y: string;
  readonly z: string;
  /** Index of the thread's element in memory. */
  readonly index: string;
  /** Name of a tensor's elements. */
  readonly array: (x: Tensor | Codes) => string;
  /** A number that the text does not hold, so that texts differ only where kernels do. */
  readonly number: (value: number) => string;
  /** The entry of a vector for an index, or its only one. */
  readonly entry: (vector: ArrayLike<number>, index: string) => string;
  readonly line: (text: string) => void;
  /** A new variable that holds the value of an expression; returns its name. */
  readonly let: (value: string) => string;
  /** Text written so far. */
  readonly written: () => Written;
}

/** Condition that an index lies in a side of so many. */
export const inside = (index: string, count: number): string => `${index} >= 0 && ${index} < ${count}`;

/** A kernel that is written: its text, and what it reads. */
export interface Written {
  readonly body: string;
  readonly tensors: readonly (Tensor | Codes)[];
  readonly numbers: readonly number[];
}

/** An empty text for the elements of a tensor of that shape. */
export const textFor = (shape: Shape): Text => {
  const grid = gridOf(shape);
  const lines: string[] = [];
  const tensors: (Tensor | Codes)[] = [];
  const numbers: number[] = [];
  let names = 0;
  const flat = grid.height === 1;
  const [x, y, z] = ["this.thread.x", flat ? "0" : "this.thread.y", flat ? "this.thread.y" : "this.thread.z"];
  const number = (value: number): string => `v[${numbers.push(value) - 1}]`;
  const line = (text: string): void => void lines.push(text);
  return {
    grid,
    x,
    y,
    z,
    index: `at(${x}, ${y}, ${z}, ${grid.width}, ${grid.height})`,
    array: (tensor) => {
      const known = tensors.findIndex((known) => inMemory(known).data === inMemory(tensor).data);
      return `a${known >= 0 ? known : tensors.push(tensor) - 1}`;
    },
    number,
    entry: (vector, index) => {
      if (vector.length === 1) return number(vector[0] as number);
      const first = numbers.length;
      for (let i = 0; i < vector.length; i++) numbers.push(vector[i] as number);
      return `v[${first} + ${index}]`;
    },
    line,
    let: (value) => {
      const name = `t${names++}`;
      line(`let ${name} = ${value};`);
      return name;
    },
    written: () => ({ body: lines.join("\n"), tensors, numbers }),
  };
};
