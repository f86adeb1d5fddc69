import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buffersOn } from "../../../core/engines/gpu/resident/buffers.ts";
import type { Buffer, Machine } from "../../../core/engines/gpu/resident/machine.ts";
import { tensor } from "../../../core/tensor.ts";

const test = suite("buffers of resident tensors");

/** A machine that takes a moment for an upload, with the buffers that nobody has freed. */
const slowMachine = () => {
  const held = new Set<Buffer>();
  let uploads = 0;
  const machine = {
    upload: async ({ length: size }: Float32Array) => {
      uploads++;
      await new Promise(setImmediate);
      const buffer = { size } as Buffer;
      held.add(buffer);
      return buffer;
    },
    free: (buffer: Buffer) => void held.delete(buffer),
  } as unknown as Machine;
  return { machine, held, uploads: () => uploads };
};

test("passes side by side that read one tensor upload it once, and its buffer is freed with the step", async () => {
  const { machine, held, uploads } = slowMachine();
  const buffers = buffersOn(machine);
  const x = tensor(new Float32Array(6), [1, 1, 2, 3]);
  const [first, second] = await Promise.all([buffers.of(x), buffers.of(x)]);
  assert.is(first, second);
  assert.is(await buffers.of(x), first);
  assert.equal([uploads(), held.size], [1, 1]);
  buffers.beginStep();
  assert.is(held.size, 0);
  await buffers.of(x);
  assert.is(uploads(), 2, "another step");
});

test("an upload that has failed is tried again", async () => {
  const { machine, uploads } = slowMachine();
  let isLost = true;
  const upload: Machine["upload"] = async (data) => {
    if (isLost) throw new Error("lost device");
    return machine.upload(data);
  };
  const buffers = buffersOn({ ...machine, upload });
  const x = tensor(new Float32Array(6), [1, 1, 2, 3]);
  const failure = await Promise.resolve(buffers.of(x)).catch((error: Error) => error.message);
  assert.is(failure, "lost device");
  isLost = false;
  await buffers.of(x);
  assert.is(uploads(), 1);
});

test.run();
