/** @file Convolutions of integers in blocks of 32 that share a power of two (MXINT8), against integers with one scale and float32. */
import type { Blocks } from "../../core/blocks.ts";
import type { Engine } from "../../core/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { internal } from "../../core/errors.ts";
import { ofProduct } from "../../core/expr.ts";
import { integersInBlocks } from "../../core/integerBlocks.ts";
import type { Operand } from "../../core/product.ts";
import { codes, elements, inMemory, type Tensor } from "../../core/tensor.ts";
import { inBlocks } from "../../operators/layers/inBlocks.ts";
import { compared, geometricMeans } from "./comparison.ts";
import { convCases } from "./convCases.ts";
import { checkAgainstReference } from "./convCheck.ts";
import { type ConvProblem, convProblem, type ProductName, productNames, productOf } from "./convProblem.ts";
import type { Group, Surroundings } from "./group.ts";
import { ran, usualRange, type Work } from "./operands.ts";
import type { Row } from "./row.ts";

const group = "blocks";

/** Copies that live as long as the engine, so that multiplying them copies nothing. */
const kept = (engine: Engine, { last, first }: Blocks): Blocks => {
  const copy = (of: Blocks["last"]): Blocks["last"] => {
    const { data, offset } = engine.allocate([Math.ceil(of.codes.size / 4)]);
    const bytes = new Int8Array(data.buffer, data.byteOffset + 4 * offset, of.codes.size);
    bytes.set(elements(of.codes));
    const scales = elements(engine.allocate([of.scales.length]));
    scales.set(of.scales);
    return { ...of, codes: codes(bytes, of.codes.shape), scales };
  };
  return { last: copy(last), first: first && copy(first) };
};

const blocksOf = (engine: Engine, x: Tensor): Operand => {
  const how = { bits: 8, size: 32, scale: "rceil", isBoth: true, range: usualRange } as const;
  const { blocks } = integersInBlocks(elements(inMemory(x)), x.shape, how);
  return { _tag: "Dense", x, blocks: kept(engine, blocks) };
};

const stored = (product: ReturnType<typeof productOf>): Work => ({
  expr: ofProduct(product),
  sinks: { store: true },
});

/** The three products of integers in blocks. */
const inBlocksOn = (engine: Engine, { sizes, floats }: ConvProblem): Readonly<Record<ProductName, Work>> => {
  const sides = {
    x: blocksOf(engine, floats.x),
    w: blocksOf(engine, floats.w),
    dy: blocksOf(engine, floats.dy),
  };
  const work = (name: ProductName): Work => {
    const product = inBlocks(productOf(sizes, name, (side) => sides[side]));
    if (product === undefined) throw internal("bench: a convolution without integers in blocks");
    return stored(product);
  };
  return {
    forward: work("forward"),
    "backward-input": work("backward-input"),
    "backward-weight": work("backward-weight"),
  };
};

/** The same product of integers with one scale, and of float32 numbers. */
const rivalsOf = ({ sizes, floats, integers }: ConvProblem, name: ProductName) => ({
  int8: stored(productOf(sizes, name, (side) => ({ _tag: "Codes", q: integers(8)[side] }))),
  float32: stored(productOf(sizes, name, (side) => ({ _tag: "Dense", x: floats[side] }))),
});

async function* run({ quick, threads, contest }: Surroundings): AsyncGenerator<Row> {
  const rows: Row[] = [];
  const subject = { name: "blocks", shown: "MXINT8" };
  const rivals = ["int8", "float32"].map((name) => ({ name, shown: name }));
  for (const { name: shown, conv, input, output, gop, isQuick } of convCases) {
    if (conv.groups !== 1 || (quick && !isQuick)) continue;
    const sizes = { conv, input, output };
    checkAgainstReference(`${shown} in blocks`, sizes, (...on) => Object.entries(inBlocksOn(...on)));
    const engine = simd({ threads });
    const problem = convProblem(engine, sizes);
    const products = inBlocksOn(engine, problem);
    for (const name of productNames) {
      const works = { blocks: products[name], ...rivalsOf(problem, name) };
      const times = await contest(
        Object.entries(works).map(([name, work]) => ({ name, run: () => ran(engine, work) })),
      );
      const of = `${shown}, ${name}`;
      const found = compared({ group, case: of, amount: gop, unit: "GOP/s" }, times, subject, rivals);
      rows.push(...found);
      yield* found;
    }
    engine.dispose();
  }
  yield* geometricMeans(rows, ({ case: of }) => of.split(", ")[1] as string);
}

export const blocks: Group = {
  name: group,
  about: "convolutions of integers in blocks (MXINT8) against int8 with one scale and float32",
  run,
};
