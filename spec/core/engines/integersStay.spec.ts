/** @file Stochastic rounding leaves alone what needs none: an element that is a multiple of the step keeps its code, on every engine. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { ofTensor } from "../../../core/expr.ts";
import { type Codes, elements } from "../../../core/tensor.ts";
import { eager } from "../../support/eager.ts";
import { filled, params } from "../../support/tensors.ts";
import { openWebGpu } from "../../support/webgpu.ts";

const bytes = 2 ** 26;
const webgpu = await openWebGpu(simd({ bytes }));
const engines: readonly Engine[] = [
  reference(),
  simd({ bytes }),
  simd({ bytes, threads: await eager(2) }),
  ...(webgpu instanceof Error ? [] : [webgpu]),
];

const test = suite("integers stay");

/** So many that noise reaches both of its ends, which two of 65,536 draws do. */
const shape = [1, 512, 512, 4];

for (const engine of engines)
  for (const zeroPoint of [-128, 0, 127])
    test(`${engine.backend}: every code of a grid with the zero point ${zeroPoint}`, async () => {
      engine.beginStep();
      const codeOf = (i: number): number => ((i * 167) & 255) - 128;
      const x = filled(shape, (i) => codeOf(i) - zeroPoint);
      const quantize = { params: params([1], [zeroPoint]), noise: [5, zeroPoint + 128] as const };
      const { codes, clipped } = await engine.run(ofTensor(x), { quantize });
      const found = elements(await engine.read(codes as Codes));
      for (let i = 0; i < found.length; i++)
        if (found[i] !== codeOf(i)) assert.unreachable(`${codeOf(i)} has become ${found[i]}`);
      assert.is(await clipped, 0);
    });

test.run();
