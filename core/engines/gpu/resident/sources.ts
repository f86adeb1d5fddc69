/** @file Kernel text for expressions: the source of the elements, and the stages on them. */
import { internal } from "../../../errors.ts";
import { type Expr, resumed, type Source } from "../../../expr.ts";
import { type Shape, sizeOf } from "../../../tensor.ts";
import { quotient, writeProduct } from "./products.ts";
import { writeStage } from "./stages.ts";
import type { Text } from "./text.ts";
import { writePool, writeSubsample, writeSupersample, writeUnpool } from "./windows.ts";

const writeSource = (text: Text, source: Source, shape: Shape): string => {
  switch (source._tag) {
    case "Dense":
      return text.let(`${text.array(source.x)}[${text.index}]`);
    case "Codes": {
      const { codes, params } = source.q;
      const channels = params.scale.length;
      const rows = sizeOf(codes.shape.slice(1, -2));
      const channel = channels === 1 ? "0" : quotient(text, text.z, rows);
      const zeroPoint = text.entry(Float32Array.from(params.zeroPoint), channel);
      const centred = text.let(`${text.array(codes)}[${text.index}] - ${zeroPoint}`);
      return text.let(`${text.entry(params.scale, channel)} * ${centred}`);
    }
    case "Product":
      return writeProduct(text, source.product);
    case "Pool":
      return writePool(text, source, shape);
    case "Unpool":
      return writeUnpool(text, source);
    case "Subsample":
      return writeSubsample(text, source, shape);
    case "Supersample":
      return writeSupersample(text, source, shape);
    case "Sums":
      throw internal("sums in the middle of a kernel");
  }
};

/** Writes a tensor without pending `Keep` stages; returns the variable that holds the thread's element. */
export const writeExpr = (text: Text, x: Expr): string => {
  const { shape, source, stages } = resumed(x);
  return stages.reduce(
    (value, stage) =>
      writeStage(text, stage, value, () => {
        if (!("other" in stage)) throw internal(`${stage._tag} reads no other tensor`);
        return writeExpr(text, stage.other);
      }),
    writeSource(text, source, shape),
  );
};
