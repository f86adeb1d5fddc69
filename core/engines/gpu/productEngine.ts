/**
 * @file Integer products on a gpu.js device, each uploaded and read back; everything else runs on a host engine.
 *
 * Used on WebGL, webasm and cpu, and on a WebGPU device that rounds differently from the reference.
 */
import type { Engine } from "../../engine.ts";
import { after, all, type Eventual } from "../../eventual.ts";
import { type Expr, resumed, type Source, type Stage } from "../../expr.ts";
import type { PassResult, Sinks } from "../../pass.ts";
import { isInteger, type Product, type Sums } from "../../product.ts";
import type { Device } from "./device.ts";
import type { Products } from "./products.ts";

/** An engine with products on `device` and everything else on `host`, which is disposed of with the engine. */
export const productEngine = (device: Device, products: Products, host: Engine): Engine => {
  let step = 0;

  const accumulate = (product: Product): Eventual<Sums> => {
    const sums = isInteger(product) ? products.sums(product) : undefined;
    if (sums === undefined) return host.accumulate(product);
    return after(sums, (computed) => {
      step += computed.data.byteLength;
      return computed;
    });
  };

  const settledSource = (source: Source): Eventual<Source> => {
    if (source._tag !== "Product" || !isInteger(source.product)) return source;
    return after(accumulate(source.product), (sums): Source => ({ _tag: "Sums", sums }));
  };

  const settledStage = (stage: Stage): Eventual<Stage> =>
    "other" in stage ? after(settled(stage.other), (other): Stage => ({ ...stage, other })) : stage;

  /** The same tensor with its integer products computed. */
  const settled = (x: Expr): Eventual<Expr> => {
    const { shape, source, stages } = resumed(x);
    return after(settledSource(source), (source) =>
      after(all(stages.map((stage) => settledStage(stage))), (stages): Expr => ({ shape, source, stages })),
    );
  };

  const settledSinks = (sinks: Sinks): Eventual<Sinks> => {
    const summed = sinks.channelSums;
    if (summed?.of === undefined) return sinks;
    return after(settled(summed.of), (of): Sinks => ({ ...sinks, channelSums: { ...summed, of } }));
  };

  const run = (x: Expr, sinks: Sinks): Eventual<PassResult> =>
    after(settled(x), (x) => after(settledSinks(sinks), (sinks) => host.run(x, sinks)));

  return {
    name: "gpu",
    get backend() {
      return device.backend();
    },
    run,
    inBlocks: host.inBlocks,
    exp: host.exp,
    accumulate,
    allocate: host.allocate,
    allocateResident: host.allocateResident,
    upload: host.upload,
    read: host.read,
    write: host.write,
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
