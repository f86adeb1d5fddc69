/**
 * @file Bytes of tensors that a step needs at a time: those that exist and will be read again.
 *
 * An engine keeps the tensors of a step until the next one begins; this is the least that it would have to keep. Measured by observing
 * the engine: a tensor is alive from the pass that makes it to the last one that reads it.
 */
import type { Engine } from "../../core/engine.ts";
import { after } from "../../core/eventual.ts";
import { type Expr, resumed, type Slot } from "../../core/expr.ts";
import { type Factor, operandsOf, type Sums } from "../../core/product.ts";
import type { Codes, HostCodes, HostTensor, Tensor } from "../../core/tensor.ts";

/** A tensor, as far as memory is concerned. */
type Stretch = Tensor | Codes | Sums;

interface Life {
  readonly bytes: number;
  readonly born: number;
  lastRead: number;
}

export interface Listening {
  /** The observed engine, to use instead of the original one. */
  readonly engine: Engine;
  /** Largest number of bytes alive at a time since the step began. */
  readonly mostAlive: () => number;
}

const mostAliveOf = (lives: Iterable<Life>, moments: number): number => {
  const change = new Float64Array(moments + 2);
  for (const { bytes, born, lastRead } of lives) {
    change[born] = (change[born] as number) + bytes;
    change[lastRead + 1] = (change[lastRead + 1] as number) - bytes;
  }
  let alive = 0;
  return change.reduce((most, by) => {
    alive += by;
    return Math.max(most, alive);
  }, 0);
};

/** Slots that a pass over a tensor will fill. */
const emptySlots = (x: Expr): readonly Slot[] =>
  resumed(x).stages.flatMap((stage) => {
    if ("other" in stage) return emptySlots(stage.other);
    return stage._tag === "Keep" && stage.slot.tensor === undefined ? [stage.slot] : [];
  });

/** Observes the calls of `engine`. */
export const listeningTo = (engine: Engine): Listening => {
  /** Lives of all tensors of the step, and of the latest one at each place. */
  let lives: Life[] = [];
  const latest = new Map<number, Life>();
  let moment = 0;

  /** The observed engines keep all tensors in memory. */
  const dataOf = (x: Stretch): HostTensor["data"] | HostCodes["data"] | Sums["data"] =>
    (x as HostTensor).data;
  const placeOf = (x: Stretch): number => {
    const { byteOffset, BYTES_PER_ELEMENT } = dataOf(x);
    return byteOffset + x.offset * BYTES_PER_ELEMENT;
  };
  const born = (x: Stretch | undefined): void => {
    if (x === undefined) return;
    const life = { bytes: x.size * dataOf(x).BYTES_PER_ELEMENT, born: moment, lastRead: moment };
    lives.push(life);
    latest.set(placeOf(x), life);
  };
  const read = (x: Stretch): void => {
    const life = latest.get(placeOf(x));
    if (life) life.lastRead = moment;
  };
  const readOperand = (operand: Factor): void => {
    if (operand._tag === "Dense") read(operand.x);
    else read(operand._tag === "Codes" ? operand.q.codes : operand.of.codes);
  };
  const readExpr = (x: Expr): void => {
    const { source, stages } = resumed(x);
    if (source._tag === "Dense" || source._tag === "Codes") readOperand(source);
    else if (source._tag === "Sums") read(source.sums);
    else if (source._tag === "Product") operandsOf(source.product).forEach(readOperand);
    else {
      if ("x" in source) read(source.x);
      if ("dy" in source) read(source.dy);
    }
    for (const stage of stages) {
      if ("other" in stage) readExpr(stage.other);
      if ("gradientMask" in stage) read(stage.gradientMask);
    }
  };

  return {
    engine: {
      ...engine,
      run: (x, sinks) => {
        moment++;
        const { of } = sinks.channelSums ?? {};
        const both = of ? [x, of] : [x];
        both.forEach(readExpr);
        const slots = both.flatMap(emptySlots);
        return after(engine.run(x, sinks), (result) => {
          for (const { tensor } of slots) born(tensor);
          born(result.stored);
          born(result.codes);
          born(result.gradientMask);
          return result;
        });
      },
      accumulate: (product) => {
        moment++;
        operandsOf(product).forEach(readOperand);
        return after(engine.accumulate(product), (sums) => {
          born(sums);
          return sums;
        });
      },
      upload: (data, shape) => {
        moment++;
        const x = engine.upload(data, shape);
        born(x);
        return x;
      },
      update: (parameter, velocity, gradient, how) => {
        moment++;
        read(gradient);
        return engine.update(parameter, velocity, gradient, how);
      },
      beginStep: () => {
        lives = [];
        latest.clear();
        moment = 0;
        engine.beginStep();
      },
    },
    mostAlive: () => mostAliveOf(lives, moment),
  };
};
