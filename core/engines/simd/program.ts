/**
 * @file From an expression to the operations of `assembly/pass.ts`.
 *
 * First everything that a pass reads gets its place in memory, and what cannot be computed element by element is computed and stored;
 * then the program is written: what is pushed by a stage's other tensor comes before the stage.
 */
import { type Expr, ofTensor, resumed, type Slot, type Stage } from "../../expr.ts";
import { isInteger } from "../../product.ts";
import { inMemory, type Tensor } from "../../tensor.ts";
import type { Kernels } from "./kernels.ts";
import type { Memory } from "./memory.ts";

type Vector = Float32Array | undefined;

/** Tensors that wait on the stack of a program at most; deeper ones are stored first. */
export const deepest = 8;

/** Levels of the stack that an expression needs. */
const depthOf = ({ stages }: Expr): number =>
  stages.reduce((depth, stage) => Math.max(depth, "other" in stage ? 1 + depthOf(stage.other) : 1), 1);

/** Operations that go into one program at most, so that it fits into its table (`assembly/program.ts`) beside sinks and their tensor. */
const longest = 200;
/** Operations of another tensor that a program computes on its way at most; longer ones are stored first. */
const longestOther = 50;

/** Operations of an expression, with those of other tensors that are computed on the way. */
const lengthOf = (x: Expr): number => {
  let length = 1;
  for (const stage of resumed(x).stages) length += costOf(stage);
  return length;
};

/** Whether a tensor has more operations than can be computed on the way of another one. */
export const isLong = (x: Expr): boolean => lengthOf(x) > longestOther;

const costOf = (stage: Stage): number => {
  if (!("other" in stage)) return 1;
  const length = lengthOf(stage.other);
  return length > longestOther ? 2 : 1 + length;
};

/** Number of stages from the first on that one program has room for. */
export const stagesThatFit = ({ stages }: Expr): number => {
  let length = 1;
  for (let i = 0; i < stages.length; i++) {
    length += costOf(stages[i] as Stage);
    if (length > longest) return i;
  }
  return stages.length;
};

/** Whether another tensor can be computed on the way, with so many levels of the stack that are left. */
const fitsOnTheWay = (other: Expr, room: number): boolean =>
  isPlain(other) && depthOf(other) < room && !isLong(other);

/** Whether elements can be read one by one where they are. */
export const isPlain = ({ source }: Expr): boolean =>
  source._tag === "Dense" ||
  source._tag === "Sums" ||
  (source._tag === "Codes" && source.q.params.scale.length === 1);

const none = new Float32Array(0);

/** The largest float32 that is not above x. */
const floorFloat = (x: number): number => {
  const rounded = Math.fround(x);
  return rounded > x ? -neighbour(-rounded) : rounded;
};

/** The float32 next above x. */
const neighbour = (x: number): number => {
  const float = new Float32Array([x]);
  const bits = new Int32Array(float.buffer);
  if (x === 0) bits[0] = 1;
  else bits[0] = (bits[0] as number) + (x > 0 ? 1 : -1);
  return float[0] as number;
};

/** Memory for what a program leaves in slots on its way. It has to outlive the pass, so it is taken before that begins. */
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

/** Finds a place for every slot of a prepared tensor that has none. */
export const place = (memory: Memory, { shape, stages }: Expr, places: Places): void => {
  for (const stage of stages)
    if ("other" in stage) place(memory, stage.other, places);
    else if (stage._tag === "Keep" && !places.has(stage.slot)) places.set(stage.slot, memory.tensor(shape));
};

/** Writes, with these kernels, the operations that leave the elements of a prepared tensor on top of the stack. */
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
 * Stores every other tensor that cannot be read element by element. The last ones come first, since what they leave in slots is where
 * the stages in front of them begin: a pass that reads one slot in several places computes it once, and releases what is behind it once.
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

/** The same tensor, with what has been stored in place of other tensors. */
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
