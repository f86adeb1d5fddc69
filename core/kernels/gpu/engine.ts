/**
 * @file The gpu.js engine: the integer products of convolutions on a device, everything else on a host engine.
 *
 * A device is used only after it has computed a product whose sum is known; so a driver that adds too coarsely is found out
 * when the engine is built, not by a network that does not learn.
 */
import * as E from "fp-ts/lib/Either.js";
import ndarray from "ndarray";
import { sourceBytes } from "../../bytesMoved.ts";
import type { Engine } from "../../engine.ts";
import { type Problem, problem } from "../../errors.ts";
import { after, all, type Eventual } from "../../eventual.ts";
import {
  isInteger,
  type Lazy,
  type Operand,
  type PassResult,
  type Product,
  resumed,
  type Sinks,
  type Source,
  type Stage,
  type Sums,
} from "../../pass.ts";
import type { Shape } from "../../tensor.ts";
import { type Adapter, type Device, type Mode, openDevice } from "./device.ts";
import { type Products, productsOn } from "./products.ts";

export interface GpuOptions {
  /** Runs whatever is no integer product; belongs to the new engine, and is disposed with it. */
  readonly host: Engine;
  /** `auto`, the default, is WebGPU where it answers, else what gpu.js prefers: a WebGL, webasm, cpu. */
  readonly mode?: Mode | "auto";
  /** `navigator.gpu` of a browser, or `create([])` of the package `webgpu`. */
  readonly navigatorGpu?: GPU | undefined;
}

export interface GpuEngine extends Engine {
  readonly name: "gpu";
  /** Present with WebGPU. */
  readonly adapter: Adapter | undefined;
}

/** Codes -128 with zero point 127: each factor is -255. */
const extreme = (shape: Shape): Operand => ({
  _tag: "Codes",
  q: {
    codes: ndarray(new Int8Array(shape.reduce((a, b) => a * b, 1)).fill(-128), [...shape]),
    params: {
      bits: 8,
      qmin: -128,
      qmax: 127,
      scale: Float32Array.of(1),
      zeroPoint: Int32Array.of(127),
    },
  },
});

/** 601 taps of 255 * 255 make 39080025, which no float32 is: it is odd, and past 2^25. */
const channels = 601;
const probe: Product = {
  _tag: "Forward",
  conv: {
    kernelHeight: 1,
    kernelWidth: 1,
    stride: 1,
    padding: 0,
    inChannels: channels,
    outChannels: 5,
    groups: 1,
  },
  shape: [1, 2, 3, 5],
  x: extreme([1, 2, 3, channels]),
  w: extreme([5, 1, 1, channels]),
};

const isExact = (sums: Sums | undefined): boolean =>
  sums !== undefined && sums.size === 30 && sums.data.every((sum) => sum === channels * 255 * 255);

/** Bytes that the products of a pass have moved. */
interface Tally {
  moved: number;
}

const engineOn = (device: Device, products: Products, host: Engine): GpuEngine => {
  let step = 0;

  const accumulate = (product: Product): Eventual<Sums> => {
    const sums = isInteger(product) ? products.sums(product) : undefined;
    if (sums === undefined) return host.accumulate(product);
    return after(sums, (there) => {
      step += there.data.byteLength;
      return there;
    });
  };

  const settledSource = (source: Source, tally: Tally): Eventual<Source> => {
    if (source._tag !== "Product" || !isInteger(source.product)) return source;
    return after(accumulate(source.product), (sums): Source => {
      const settled: Source = { _tag: "Sums", sums };
      tally.moved += sourceBytes(source) + sourceBytes(settled);
      return settled;
    });
  };

  const settledStage = (stage: Stage, tally: Tally): Eventual<Stage> =>
    "other" in stage ? after(settled(stage.other, tally), (other): Stage => ({ ...stage, other })) : stage;

  /** The same tensor with its integer products computed; the tally counts what they moved. */
  const settled = (x: Lazy, tally: Tally): Eventual<Lazy> => {
    const { shape, source, stages } = resumed(x);
    return after(settledSource(source, tally), (source) =>
      after(
        all(stages.map((stage) => settledStage(stage, tally))),
        (stages): Lazy => ({ shape, source, stages }),
      ),
    );
  };

  const settledSinks = (sinks: Sinks, tally: Tally): Eventual<Sinks> => {
    const summed = sinks.channelSums;
    if (summed?.of === undefined) return sinks;
    return after(settled(summed.of, tally), (of): Sinks => ({ ...sinks, channelSums: { ...summed, of } }));
  };

  const run = (x: Lazy, sinks: Sinks): Eventual<PassResult> => {
    const tally: Tally = { moved: 0 };
    return after(settled(x, tally), (x) =>
      after(settledSinks(sinks, tally), (sinks) =>
        after(host.run(x, sinks), (result) => ({ ...result, moved: tally.moved + result.moved })),
      ),
    );
  };

  return {
    name: "gpu",
    get backend() {
      return device.backend();
    },
    adapter: device.adapter,
    run,
    accumulate,
    allocate: host.allocate,
    upload: host.upload,
    update: host.update,
    beginStep: () => {
      step = 0;
      host.beginStep();
    },
    memory: () => {
      const { kept, step: hosted, most } = host.memory();
      return { kept: kept + products.bytes(), step: hosted + step, most };
    },
    dispose: () => {
      products.dispose();
      device.dispose();
      host.dispose();
    },
  };
};

/** An engine in one mode, once the device has proven to add exactly. */
const inMode = async (
  mode: Mode,
  { host, navigatorGpu }: GpuOptions,
): Promise<E.Either<Problem, GpuEngine>> => {
  const opened = await openDevice(mode, navigatorGpu);
  if (E.isLeft(opened)) return opened;
  const device = opened.right;
  const products = productsOn(device);
  const refused = (found: string): E.Either<Problem, GpuEngine> => {
    products.dispose();
    device.dispose();
    return E.left(problem(`engine gpu, mode ${mode}`, found, "exact sums", "use the engine `simd`"));
  };
  try {
    const exact = isExact(await products.sums(probe));
    products.dispose();
    return exact ? E.right(engineOn(device, products, host)) : refused("the device adds integers inexactly");
  } catch (error) {
    return refused(`a first kernel failed (${error instanceof Error ? error.message : String(error)})`);
  }
};

/**
 * A gpu.js engine: integer convolutions on the device, everything else on `host`.
 *
 * With WebGPU, `run` and `accumulate` answer with promises; with every other backend they answer at once.
 *
 * @returns `Left` if no backend of the mode runs here, or none that adds exactly; `host` is then left as it was
 * @example
 * const engine = await gpu({ host: simd(), mode: "webasm" }); // right, with backend "gpu.js webasm"
 */
export const gpu = async (options: GpuOptions): Promise<E.Either<Problem, GpuEngine>> => {
  const { mode = "auto", navigatorGpu } = options;
  if (mode !== "auto") return inMode(mode, options);
  for (const candidate of [...(navigatorGpu ? (["webgpu"] as const) : []), "gpu" as const]) {
    const engine = await inMode(candidate, options);
    if (E.isRight(engine)) return engine;
  }
  return inMode("cpu", options);
};
