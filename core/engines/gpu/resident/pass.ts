/**
 * @file A pass on the device: one kernel computes the tensor, and one per sink reads it.
 *
 * Tensors that are empty or have more than 65535 rows are left to the host.
 */
import type { Engine } from "../../../engine.ts";
import { type Expr, type Intermediate, ofTensor, settled, tensorOf } from "../../../expr.ts";
import { type PassResult, releasedByPass, type Sinks } from "../../../pass.ts";
import type { Shape, Tensor } from "../../../tensor.ts";
import type { Buffers } from "./buffers.ts";
import { computingOn } from "./computing.ts";
import { hosted } from "./hosted.ts";
import { launchOn } from "./launch.ts";
import type { Machine } from "./machine.ts";
import { sinksOn } from "./sinks.ts";
import { fitsThreads, gridOf } from "./text.ts";

/** Whether there is anything to compute, and a kernel can have a thread per element. */
const isPossible = (shape: Shape): boolean => !shape.includes(0) && fitsThreads(gridOf(shape));

/** Runs a pass; `Engine.run` on the device. */
export type Pass = (x: Expr, sinks: Sinks) => Promise<PassResult>;

/** Passes on a machine. What no kernel computes exactly runs on `host`. */
export const passesOn = (machine: Machine, buffers: Buffers, host: Engine): Pass => {
  const launch = launchOn(machine, buffers);
  const { computed, prepared } = computingOn(launch, buffers, host);
  const { summarized, summed, coded } = sinksOn(machine, buffers, launch);

  const free = (released: readonly Intermediate[], temporary: readonly Tensor[]): void => {
    for (const one of [...released.map(tensorOf), ...temporary]) if (one) buffers.release(one);
  };

  const onDevice: Pass = async (expr, sinks) => {
    const { of } = sinks.channelSums ?? {};
    const released = releasedByPass(expr, sinks);
    const temporary: Tensor[] = [];
    /** The tensor in device memory; `isNew` if it was written for this pass. */
    const inMemory = async (x: Expr): Promise<{ readonly x: Tensor; readonly isNew: boolean }> => {
      const ready = await prepared(x, temporary);
      const tensor = settled(ready);
      return tensor ? { x: tensor, isNew: false } : { x: await computed(ready, temporary), isNew: true };
    };
    const { x, isNew } = await inMemory(expr);
    const other = of && (await inMemory(of));
    if (other?.isNew) temporary.push(other.x);
    const stored = sinks.store && !isNew ? await computed(ofTensor(x), temporary) : x;
    if (isNew && !sinks.store) temporary.push(x);
    const codes = await coded(x, sinks.quantize);
    const summary = await summarized(x, sinks);
    const sums = await summed(x, sinks.channelSums, other?.x);
    free(released, temporary);
    return { ...(sinks.store && { stored }), ...codes, ...summary, ...sums };
  };

  const leftToHost: Pass = async (expr, sinks) => {
    const { channelSums } = sinks;
    const released = releasedByPass(expr, sinks);
    const of = channelSums?.of && (await hosted(channelSums.of, buffers.read));
    const result = await host.run(
      await hosted(expr, buffers.read),
      of ? { ...sinks, channelSums: { ...channelSums, of } } : sinks,
    );
    free(released, []);
    return result;
  };

  return (x, sinks) => (isPossible(x.shape) ? onDevice : leftToHost)(x, sinks);
};
