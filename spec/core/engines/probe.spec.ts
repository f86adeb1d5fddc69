/** @file The probe of a device takes what computes like the reference, and refuses what does not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { agrees } from "../../../core/engines/gpu/resident/probe.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { Expr, Stage } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import { tensor } from "../../../core/tensor.ts";
import { elements } from "../../support/elements.ts";

const test = suite("the probe of a device");
const oracle = reference();

/** The reference, but for what `change` makes of a pass that it has run. */
const device = (change: (x: Expr, sinks: Sinks, result: PassResult) => PassResult): Engine => ({
  ...oracle,
  run: (x, sinks) => change(x, sinks, oracle.run(x, sinks) as PassResult),
});

/** A device that computes every element that it stores a little differently. */
const storing = (f: (value: number) => number): Engine =>
  device((_, __, result) => {
    if (result.stored) elements(result.stored).set(elements(result.stored).map(f));
    return result;
  });

const has = ({ stages }: Expr, tag: Stage["_tag"]): boolean => stages.some(({ _tag }) => _tag === tag);

test("engines that equal the reference are taken", async () => {
  assert.is(await agrees(oracle), true);
  assert.is(await agrees(simd()), true);
});

test("a device that knows no NaN, no infinity or no -0 is refused", async () => {
  assert.is(await agrees(storing((value) => (Number.isNaN(value) ? 0 : value))), false);
  assert.is(await agrees(storing((value) => Math.min(Math.max(value, -3.4e38), 3.4e38))), false);
  assert.is(await agrees(storing((value) => value + 0)), false);
});

test("a device that rounds one stage, one code or one sum otherwise is refused", async () => {
  const offAtOne = device((x, _, result) => {
    if (result.stored && has(x, "Combine")) {
      const data = elements(result.stored);
      const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
      bits[777] = (bits[777] as number) ^ 1;
    }
    return result;
  });
  const upAtHalf = device((x, sinks, result) => {
    if (sinks.quantize === undefined || sinks.quantize.noise) return result;
    const { params } = sinks.quantize;
    const t = elements((oracle.run(x, { store: true }) as Required<PassResult>).stored);
    const codes = elements(result.codes as NonNullable<PassResult["codes"]>);
    t.forEach((value, i) => {
      const scaled = Math.fround(value * Math.fround(1 / (params.scale[0] as number)));
      if (Math.abs(scaled) < 100 && Math.abs(scaled % 1) === 0.5)
        codes[i] = Math.floor(scaled + 0.5) + (params.zeroPoint[0] as number);
    });
    return result;
  });
  const summedAtOnce = device((_, __, result) => {
    const { first, second } = (result.channelSums ?? {}) as { first?: Float64Array; second: Float64Array };
    return first
      ? { ...result, channelSums: { first: first.map((sum) => sum * (1 + 2 ** -52)), second } }
      : result;
  });
  for (const other of [offAtOne, upAtHalf, summedAtOnce]) assert.is(await agrees(other), false);
});

test("a device that takes x * scale + shift in one rounding is refused", async () => {
  const fusing: Engine = {
    ...oracle,
    run: (x, sinks) => {
      const [first, ...stages] = x.stages;
      if (x.source._tag !== "Dense" || first?._tag !== "Affine") return oracle.run(x, sinks);
      const { scale, shift } = first as Required<typeof first>;
      const fused = elements(x.source.x).map(
        (value, i) => value * (scale[i % scale.length] as number) + (shift[i % shift.length] as number),
      );
      return oracle.run({ ...x, source: { _tag: "Dense", x: tensor(fused, x.shape) }, stages }, sinks);
    },
  };
  assert.is(await agrees(fusing), false);
});

test("a device that updates otherwise is refused", async () => {
  const eager: Engine = {
    ...oracle,
    update: (parameter, velocity, gradient, how) =>
      oracle.update(parameter, velocity, gradient, {
        ...how,
        learningRate: how.learningRate * (1 + 2 ** -20),
      }),
  };
  assert.is(await agrees(eager), false);
});

test.run();
