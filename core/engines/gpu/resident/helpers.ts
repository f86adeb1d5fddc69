/**
 * @file Functions that kernels call. gpu.js makes every kernel variable a float32, so 32-bit integer arithmetic is written as
 *   expressions in functions whose arguments are declared as integers.
 *
 * `noise` is `roundingNoise` of core/random.ts; its constants are those of `randomBits`, as signed numbers.
 */

/** A function for kernels: its text, and the types of its arguments and result. */
export interface Helper {
  readonly source: string;
  readonly settings: {
    readonly argumentTypes: Readonly<Record<string, "Integer">>;
    readonly returnType: "Integer" | "Number";
  };
}

const helper = (
  name: string,
  names: readonly string[],
  value: string,
  returnType: "Integer" | "Number" = "Integer",
): Helper => ({
  source: `function ${name}(${names.join(", ")}) { return ${value}; }`,
  settings: { argumentTypes: Object.fromEntries(names.map((one) => [one, "Integer"])), returnType },
});

const bits = [
  "folded(i ^ a, 16)",
  "plus(folded(times(%, 0x7feb352d), 15), b)",
  "folded(times(%, -2073254261), 16) ^ a",
  "folded(times(%, -1640531535), 15)",
].reduce((inner, outer) => outer.replace("%", inner));

/** All functions for kernels. */
export const helpers: readonly Helper[] = [
  helper("plus", ["x", "y"], "x + y"),
  helper("times", ["x", "y"], "x * y"),
  helper("folded", ["x", "count"], "x ^ (x >>> count)"),
  helper("bits", ["i", "a", "b"], bits),
  helper(
    "noise",
    ["i", "a", "b"],
    `((((bits(i >>> 1, a, b) >>> (16 * (i & 1))) & 65535) | 1) - 32768.0) * ${2 ** -16}`,
    "Number",
  ),
  /** Index of an element in memory, in row order, from its position along three sides. */
  helper("at", ["x", "y", "z", "width", "height"], "x + width * (y + height * z)"),
];
