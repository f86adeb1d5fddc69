/** @file Inputs of a pass for a host engine: the same tensors, read back from the device. */
import type { Engine } from "../../../engine.ts";
import { type Expr, resumed, type Source, type Stage } from "../../../expr.ts";
import type { Factor, Operand, Product } from "../../../product.ts";

/** Reads a tensor back unless it is on the host. */
export type Read = Engine["read"];

const hostedOperand = async (operand: Operand, read: Read): Promise<Operand> =>
  operand._tag === "Dense"
    ? { _tag: "Dense", x: await read(operand.x) }
    : { _tag: "Codes", q: { ...operand.q, codes: await read(operand.q.codes) } };

/** The same factor on the host, where integers in blocks always are. */
const hostedFactor = async (factor: Factor, read: Read): Promise<Factor> =>
  factor._tag === "Blocks" ? factor : hostedOperand(factor, read);

/** The same product with both operands on the host. */
export const hostedProduct = async (product: Product, read: Read): Promise<Product> => {
  switch (product._tag) {
    case "Forward":
      return { ...product, x: await hostedFactor(product.x, read), w: await hostedFactor(product.w, read) };
    case "BackwardInput":
      return {
        ...product,
        dy: await hostedFactor(product.dy, read),
        w: await hostedFactor(product.w, read),
      };
    case "BackwardWeight":
      return {
        ...product,
        dy: await hostedFactor(product.dy, read),
        x: await hostedFactor(product.x, read),
      };
    case "MatMul":
      return { ...product, a: await hostedOperand(product.a, read), b: await hostedOperand(product.b, read) };
  }
};

/** The same source with its inputs on the host. */
export const hostedSource = async (source: Source, read: Read): Promise<Source> => {
  switch (source._tag) {
    case "Dense":
    case "Codes":
      return hostedOperand(source, read);
    case "Product":
      return { _tag: "Product", product: await hostedProduct(source.product, read) };
    case "Sums":
      return source;
    case "Pool":
    case "Subsample":
      return { ...source, x: await read(source.x) };
    case "Unpool":
      return { ...source, x: await read(source.x), dy: await read(source.dy) };
    case "Supersample":
      return { ...source, dy: await read(source.dy) };
  }
};

const hostedStage = async (stage: Stage, read: Read): Promise<Stage> => {
  if (stage._tag === "Mask") return { ...stage, gradientMask: await read(stage.gradientMask) };
  return "other" in stage ? { ...stage, other: await hosted(stage.other, read) } : stage;
};

/** The same tensor with all of its inputs on the host. Releases are left to the caller. */
export const hosted = async (x: Expr, read: Read): Promise<Expr> => {
  const { shape, source, stages } = resumed(x);
  const onHost: Stage[] = [];
  for (const stage of stages) if (stage._tag !== "Release") onHost.push(await hostedStage(stage, read));
  return { shape, source: await hostedSource(source, read), stages: onHost };
};
