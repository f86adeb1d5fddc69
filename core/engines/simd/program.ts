/**
 * @file Translation of expressions to operations of `assembly/pass.ts`.
 *
 * First, all inputs of a pass are placed in memory, and everything that cannot be computed element by element is computed and
 * stored. Then the program is written; a stage's other tensor is pushed before the stage.
 */
import { type Expr, ofTensor, resumed, type Slot, type Stage } from "../../expr.ts";
import { isInteger } from "../../product.ts";
import { inMemory, type Tensor } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";

type Vector = Float32Array | undefined;

/** Maximum number of tensors on the stack of a program; deeper ones are stored first. */
export const deepest = 8;

/** Stack depth that an expression needs. */
const depthOf = ({ stages }: Expr): number =>
  stages.reduce((depth, stage) => Math.max(depth, "other" in stage ? 1 + depthOf(stage.other) : 1), 1);

/**
 * Maximum number of operations in a program, so that it fits into its table (`assembly/program.ts`) together with its sinks and
 * their tensor.
 */
const longest = 200;
/** Maximum number of operations of another tensor computed within a program; longer ones are stored first. */
const longestOther = 50;

/** Number of operations of an expression, including other tensors computed within. */
const lengthOf = (x: Expr): number => {
  let length = 1;
  for (const stage of resumed(x).stages) length += costOf(stage);
  return length;
};

/** Whether a tensor has too many operations to be computed within another's program. */
export const isLong = (x: Expr): boolean => lengthOf(x) > longestOther;

const costOf = (stage: Stage): number => {
  if (!("other" in stage)) return 1;
  const length = lengthOf(stage.other);
  return length > longestOther ? 2 : 1 + length;
};

/** Number of leading stages that fit into one program. */
export const stagesThatFit = ({ stages }: Expr): number => {
  let length = 1;
  for (let i = 0; i < stages.length; i++) {
    length += costOf(stages[i] as Stage);
    if (length > longest) return i;
  }
  return stages.length;
};

/** Whether another tensor can be computed within a program with `room` free stack levels. */
const fitsOnTheWay = (other: Expr, room: number): boolean =>
  isPlain(other) && depthOf(other) < room && !isLong(other);

/** Whether elements can be read in place, one by one. */
export const isPlain = ({ source }: Expr): boolean =>
  source._tag === "Dense" ||
  source._tag === "Sums" ||
  (source._tag === "Codes" && source.q.params.scale.length === 1);

const none = new Float32Array(0);

/** The largest float32 not above x. */
const floorFloat = (x: number): number => {
  const rounded = Math.fround(x);
  return rounded > x ? -neighbour(-rounded) : rounded;
};

/** The next float32 above x. */
const neighbour = (x: number): number => {
  const float = new Float32Array([x]);
  const bits = new Int32Array(float.buffer);
  if (x === 0) bits[0] = 1;
  else bits[0] = (bits[0] as number) + (x > 0 ? 1 : -1);
  return float[0] as number;
};

/** Memory for the tensors that a program keeps in slots. They outlive the pass, so they are allocated before it begins. */
export type Places = Map<Slot, Tensor>;

const pushStage = (memory: Memory, kernels: Kernels, stage: Stage, places: Places): void => {
  const at = (vector: Vector): number => memory.at(vector ?? none);
  switch (stage._tag) {
    case "Affine": {
      const { scale, shift } = stage;
      kernels.stageAffine(at(scale), scale?.length ?? 0, at(shift), shift?.length ?? 0);
      return;
    }
    case "Clip":
      kernels.stageClip(stage.lo, stage.hi);
      return;
    case "Add":
      kernels.stageAdd();
      return;
    case "Gate":
      kernels.stageGate(floorFloat(stage.lo), -floorFloat(-stage.hi));
      return;
    case "Mask": {
      const { data, offset, size } = inMemory(stage.gradientMask);
      kernels.stageMask(memory.at(data, offset, size));
      return;
    }
    case "Release":
      return;
    case "Keep":
      kernels.stageKeep(inMemory(places.get(stage.slot) as Tensor).data.byteOffset);
      return;
    case "Normalize": {
      const { mean, scale, shift } = stage;
      kernels.stageNormalize(at(mean), mean.length, at(scale), scale.length, at(shift), shift.length);
      return;
    }
    case "Combine": {
      const { scale, mean, slope, shift } = stage;
      kernels.stageCombine(
        at(scale),
        scale.length,
        at(mean),
        mean.length,
        at(slope),
        slope.length,
        at(shift),
        shift.length,
      );
    }
  }
};

/** Allocates memory for every slot of a prepared tensor that has none. */
export const place = (memory: Memory, { shape, stages }: Expr, places: Places): void => {
  for (const stage of stages)
    if ("other" in stage) place(memory, stage.other, places);
    else if (stage._tag === "Keep" && !places.has(stage.slot)) places.set(stage.slot, memory.tensor(shape));
};

/** Writes the operations that leave the elements of a prepared tensor on top of the stack. */
export const push = (memory: Memory, kernels: Kernels, { source, stages }: Expr, places: Places): void => {
  switch (source._tag) {
    case "Dense":
      kernels.pushDense(memory.at(inMemory(source.x).data, source.x.offset, source.x.size));
      break;
    case "Codes": {
      const { codes, params } = source.q;
      const at = memory.at(inMemory(codes).data, codes.offset, codes.size);
      kernels.pushCodes(at, params.scale[0] as number, params.zeroPoint[0] as number);
      break;
    }
    case "Sums": {
      const { data, offset, size } = source.sums;
      const at = memory.at(data, offset, size);
      if (data instanceof Int32Array) kernels.pushInt32(at);
      else kernels.pushFloat64(at);
      break;
    }
    case "Product":
      kernels.pushTile(+isInteger(source.product));
      break;
    default:
      kernels.pushTile(0);
  }
  for (const stage of stages) {
    if ("other" in stage) push(memory, kernels, stage.other, places);
    pushStage(memory, kernels, stage, places);
  }
};

/**
 * Stores every other tensor that cannot be read element by element. The last ones come first, because the stages before them may
 * start at slots that they fill: a pass that reads a slot in several places then computes it, and releases its inputs, only once.
 */
export const storeOthers = ({ stages }: Expr, room: number, store: (other: Expr) => void): void => {
  for (let i = stages.length - 1; i >= 0; i--) {
    const stage = stages[i] as Stage;
    if (stage._tag === "Keep" && stage.slot.tensor) return;
    if (!("other" in stage)) continue;
    const other = resumed(stage.other);
    if (fitsOnTheWay(other, room)) storeOthers(other, room - 1, store);
    else store(stage.other);
  }
};

/** The same tensor with the stored tensors in place of other expressions. */
export const prepared = (x: Expr, stored: ReadonlyMap<Expr, Tensor>): Expr => {
  const expr = resumed(x);
  if (!expr.stages.some((stage) => "other" in stage)) return expr;
  const stages = expr.stages.map((stage) => {
    if (!("other" in stage)) return stage;
    const other = stored.get(stage.other);
    return { ...stage, other: other ? ofTensor(other) : prepared(stage.other, stored) };
  });
  return { ...expr, stages };
};
