/**
 * @file Tensors that stay on the device: a step uploads its batch and small vectors, and reads back statistics.
 *
 * A parameter moves to the device with its first update, if its gradient is there. Biases and normalizations, whose gradients are
 * vectors finished by the host, stay in memory and are uploaded with each pass.
 */
import type { Engine } from "../../../engine.ts";
import { after } from "../../../eventual.ts";
import { isOnDevice, type Tensor } from "../../../tensor.ts";
import { buffersOn } from "./buffers.ts";
import type { Machine } from "./machine.ts";
import { passesOn } from "./pass.ts";
import { updateOn } from "./update.ts";

/** Part of an engine that the device computes. */
export interface Resident
  extends Pick<Engine, "run" | "allocateResident" | "read" | "write" | "update" | "beginStep" | "dispose"> {
  /** Bytes on the device: `kept` for the lifetime of the engine, and `step`, the peak in this step. */
  readonly bytes: () => { readonly kept: number; readonly step: number };
}

/**
 * Passes, updates and tensors on a machine, which is not disposed of with them.
 *
 * @param host computes what no kernel computes exactly; owned by the caller
 */
export const residentOn = (machine: Machine, host: Engine): Resident => {
  const buffers = buffersOn(machine);
  const updateOnDevice = updateOn(machine, buffers);
  /** Tensors that may move to the device. */
  const movable = new WeakSet<Tensor>();
  return {
    run: passesOn(machine, buffers, host),
    allocateResident: (shape, fill) => {
      const x = host.allocateResident(shape, fill);
      movable.add(x);
      return x;
    },
    read: buffers.read,
    write: buffers.write,
    update: (parameter, velocity, gradient, how) => {
      if (![parameter, velocity, gradient].some(isOnDevice))
        return host.update(parameter, velocity, gradient, how);
      if (movable.has(parameter) && movable.has(velocity))
        return updateOnDevice(parameter, velocity, gradient, how);
      return after(buffers.read(gradient), (read) => host.update(parameter, velocity, read, how));
    },
    beginStep: buffers.beginStep,
    bytes: buffers.bytes,
    dispose: buffers.dispose,
  };
};
