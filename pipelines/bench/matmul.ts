/** @file Matrix products of two activations, as in attention, in integers and in float32. */
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { internal } from "../../core/errors.ts";
import { ofProduct } from "../../core/expr.ts";
import { type MatMul, matrixSides, type Operand } from "../../core/product.ts";
import type { Shape } from "../../core/tensor.ts";
import { compared, geometricMeans } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import { filled, gridOver, keptCodes, leftBehind, ran, usualRange, type Work } from "./operands.ts";
import type { Row } from "./row.ts";

const group = "matmul";

/** Samples, positions, channels and heads. */
type Case = readonly [samples: number, positions: number, channels: number, heads: number];

/** Patches of small images; of images of 224x224; a short text. */
const cases: readonly Case[] = [
  [64, 49, 64, 4],
  [16, 196, 64, 4],
  [8, 256, 256, 8],
];

/** Scores of a self-attention, and both of their gradients. */
const productsOf = (
  [samples, positions, channels, heads]: Case,
  operand: (shape: Shape, name: string) => Operand,
): Readonly<Record<string, MatMul>> => {
  const rows = [samples, positions, 1, channels];
  const square = [samples, positions, 1, heads * positions];
  const [query, key] = [operand(rows, "query"), operand(rows, "key")];
  const gradient = operand(square, "gradient");
  const of = { _tag: "MatMul", groups: heads } as const;
  return {
    forward: { ...of, transposed: "b", shape: square, a: query, b: key, isBackward: false },
    "input gradient": { ...of, transposed: "none", shape: rows, a: gradient, b: key, isBackward: true },
    "other gradient": { ...of, transposed: "a", shape: rows, a: gradient, b: query, isBackward: true },
  };
};

const operandOn =
  (engine: Engine, isInteger: boolean) =>
  (shape: Shape, name: string): Operand => {
    const x = filled(engine, shape, name);
    return isInteger
      ? { _tag: "Codes", q: keptCodes(engine, x, gridOver(usualRange, 8)) }
      : { _tag: "Dense", x };
  };

const workOf = (product: MatMul): Work => ({ expr: ofProduct(product), sinks: { store: true } });

/** @throws an internal error if a product differs from that of the reference */
const checkProducts = (): void => {
  const small: Case = [2, 5, 12, 2];
  for (const isInteger of [true, false]) {
    const [found, expected] = [simd({ bytes: 2 ** 24 }), reference()].map((engine) =>
      Object.values(productsOf(small, operandOn(engine, isInteger))).map((product) =>
        leftBehind(ran(engine, workOf(product))).slice(),
      ),
    ) as [Float32Array[], Float32Array[]];
    if (found.some((sums, i) => sums.some((sum, j) => sum !== expected[i]![j])))
      throw internal("bench: a matrix product differs from the reference");
  }
};

async function* run({ quick, threads, contest }: Surroundings): AsyncGenerator<Row> {
  checkProducts();
  const rows: Row[] = [];
  for (const one of quick ? cases.slice(0, 1) : cases) {
    const engine = simd({ threads });
    const integers = productsOf(one, operandOn(engine, true));
    const floats = productsOf(one, operandOn(engine, false));
    const [samples, positions, channels, heads] = one;
    for (const [name, product] of Object.entries(integers)) {
      const { rows: height, terms, outputs } = matrixSides(product);
      const amount = (2 * samples * heads * height * terms * outputs) / 1e9;
      const [int8, float32] = [
        { name: "int8", shown: "int8" },
        { name: "float32", shown: "float32" },
      ];
      const times = await contest([
        { name: int8.name, run: () => ran(engine, workOf(product)) },
        { name: float32.name, run: () => ran(engine, workOf(floats[name] as MatMul)) },
      ]);
      const of = `${samples} x ${positions} positions, ${channels} channels, ${heads} heads, ${name}`;
      const found = compared({ group, case: of, amount, unit: "GOP/s" }, times, int8, [float32]);
      rows.push(...found);
      yield* found;
    }
    engine.dispose();
  }
  yield* geometricMeans(rows, () => "matrix products");
}

export const matmul: Group = {
  name: group,
  about: "matrix products of two activations, int8 against float32",
  run,
};
