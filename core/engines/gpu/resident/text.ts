/**
 * @file The text of a kernel while it is being written: its lines, and its inputs.
 *
 * A thread computes one element, whose position along the sides of [.., H, W, C] is `x` (channel), `y` (column) and `z` (all other
 * sides). Each is an integer below 2^24, hence exact as a float32; `at` computes an index from them in integers.
 */
import { type Codes, inMemory, type Shape, type Tensor } from "../../../tensor.ts";
import type { Threads } from "./machine.ts";

/** The sides of a tensor as a kernel sees them. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

/** The innermost side, the one before it, and the product of all others. */
export const gridOf = (shape: Shape): Grid => {
  const width = shape.at(-1) ?? 1;
  const height = shape.at(-2) ?? 1;
  return { width, height, depth: shape.slice(0, -2).reduce((a, b) => a * b, 1) };
};

/** Threads for each element of a tensor: two sides if the middle one is 1, so that no thread is idle. */
export const threadsOf = ({ width, height, depth }: Grid): Threads =>
  height === 1 ? [width, depth] : [width, height, depth];

/** Largest size that WebGPU permits along the third side. */
const mostDepth = 65535;

/** Whether a kernel can have a thread per element. */
export const fitsThreads = ({ depth }: Grid): boolean => depth <= mostDepth;

/** The text of a kernel while it is being written. */
export interface Text {
  readonly grid: Grid;
  /** Position of the thread's element, as expressions. */
  readonly x: string;
  readonly y: string;
  readonly z: string;
  /** Index of the thread's element in memory. */
  readonly index: string;
  /** Name of the elements of a tensor. */
  readonly array: (x: Tensor | Codes) => string;
  /** A number that is passed as an argument, so that kernels with equal code have equal texts. */
  readonly number: (value: number) => string;
  /** The entry of a vector at an index, or its only one. */
  readonly entry: (vector: ArrayLike<number>, index: string) => string;
  readonly line: (text: string) => void;
  /** A new variable that holds the value of an expression; returns its name. */
  readonly let: (value: string) => string;
  /** The kernel written so far. */
  readonly written: () => Written;
}

/** Condition that an index is inside a side of `count` elements. */
export const inside = (index: string, count: number): string => `${index} >= 0 && ${index} < ${count}`;

/** A written kernel: its text and its inputs. */
export interface Written {
  readonly body: string;
  readonly tensors: readonly (Tensor | Codes)[];
  readonly numbers: readonly number[];
}

/** An empty text for the elements of a tensor of a shape. */
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
