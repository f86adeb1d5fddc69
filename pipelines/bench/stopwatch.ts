/** @file An engine that measures the time of each kind of work. */
import type { Engine } from "../../core/engine.ts";
import type { Expr } from "../../core/expr.ts";
import type { Sinks } from "../../core/pass.ts";
import { operandsOf, type Product } from "../../core/product.ts";

export interface Stopwatch {
  readonly engine: Engine;
  /** Milliseconds by kind of work since the last call. */
  readonly taken: () => ReadonlyMap<string, number>;
}

const numbers = { Dense: "float32", Codes: "int8", Blocks: "int8 in blocks" } as const;

const productKind = (product: Product): string => {
  const [one] = operandsOf(product);
  return `${product._tag} ${numbers[one._tag]}`;
};

/** `Forward int8 -> quantize, observe`: the source of a pass, and what it stores. */
export const kindOfPass = ({ source }: Expr, { path: _, ...sinks }: Sinks): string => {
  const root = source._tag === "Product" ? productKind(source.product) : source._tag;
  return `${root} -> ${Object.entries(sinks)
    .filter(([, wanted]) => wanted)
    .map(([sink]) => sink)
    .join(", ")}`;
};

/** Measures a synchronous engine. */
export const stopwatch = (engine: Engine, now: () => number): Stopwatch => {
  let times = new Map<string, number>();
  const timed = <T>(kind: string, work: () => T): T => {
    const began = now();
    const result = work();
    times.set(kind, (times.get(kind) ?? 0) + now() - began);
    return result;
  };
  return {
    engine: {
      ...engine,
      run: (x, sinks) => timed(kindOfPass(x, sinks), () => engine.run(x, sinks)),
      inBlocks: (x, how) => timed("blocks", () => engine.inBlocks(x, how)),
      exp: (x) => timed("exp", () => engine.exp(x)),
      accumulate: (product) => timed(productKind(product), () => engine.accumulate(product)),
      upload: (data, shape) => timed("upload", () => engine.upload(data, shape)),
      update: (parameter, velocity, gradient, how) =>
        timed("update", () => engine.update(parameter, velocity, gradient, how)),
    },
    taken: () => {
      const taken = times;
      times = new Map();
      return taken;
    },
  };
};
