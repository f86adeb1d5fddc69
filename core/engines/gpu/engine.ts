/** @file The gpu.js engine: with WebGPU, whole steps run on the device; with other backends, integer products only. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../engine.ts";
import { type Problem, problem, thrownText } from "../../errors.ts";
import { after } from "../../eventual.ts";
import type { NavigatorGpu } from "../../navigatorGpu.ts";
import { type Adapter, type Device, type Mode, openDevice } from "./device.ts";
import { addsExactly } from "./exactSums.ts";
import { productEngine } from "./productEngine.ts";
import { type Products, productsOn } from "./products.ts";
import { hostedProduct } from "./resident/hosted.ts";
import type { Machine, ReadBack } from "./resident/machine.ts";
import { agrees } from "./resident/probe.ts";
import { residentOn } from "./resident/resident.ts";

/** Options of `gpu`. */
export interface GpuOptions {
  /** Engine for everything the device does not compute. The new engine owns it, and disposes of it. */
  readonly host: Engine;
  /** Mode of gpu.js. `auto`: WebGPU if available, otherwise gpu.js's choice (WebGL, webasm, cpu). Default: `auto`. */
  readonly mode?: Mode | "auto";
  /** `navigator.gpu` of a browser, or `create([])` of the package `webgpu`. Default: no WebGPU. */
  readonly navigatorGpu?: NavigatorGpu | undefined;
}

/** The gpu engine, which also reports what it runs on. */
export interface GpuEngine extends Engine {
  readonly name: "gpu";
  /** WebGPU adapter; absent on other backends. */
  readonly adapter: Adapter | undefined;
  /** Bytes read back from the device so far, without those of `accumulate`; absent if tensors do not stay on the device. */
  readonly readBack: (() => ReadBack) | undefined;
}

const withPassesOnHost = (device: Device, products: Products, host: Engine): GpuEngine => {
  const engine = productEngine(device, products, host);
  return {
    ...engine,
    name: "gpu",
    get backend() {
      return device.machine ? `${engine.backend}, passes on the host: it rounds otherwise` : engine.backend;
    },
    adapter: device.adapter,
    readBack: undefined,
  };
};

const withPassesOnDevice = (
  device: Device,
  machine: Machine,
  products: Products,
  host: Engine,
): GpuEngine => {
  const engine = productEngine(device, products, host);
  const { run, allocateResident, read, write, update, beginStep, bytes, dispose } = residentOn(machine, host);
  return {
    ...engine,
    name: "gpu",
    get backend() {
      return `${engine.backend}, resident`;
    },
    adapter: device.adapter,
    readBack: machine.readBack,
    run,
    allocateResident,
    read,
    write,
    update,
    inBlocks: (x, how) => after(read(x), (x) => engine.inBlocks(x, how)),
    accumulate: (product) => after(hostedProduct(product, read), engine.accumulate),
    beginStep: () => {
      beginStep();
      engine.beginStep();
    },
    memory: () => {
      const [onHost, onDevice] = [engine.memory(), bytes()];
      return { kept: onHost.kept + onDevice.kept, step: onHost.step + onDevice.step, most: onHost.most };
    },
    dispose: () => {
      dispose();
      machine.dispose();
      engine.dispose();
    },
  };
};

/** Whether a device computes whole passes with the bits of the reference. */
const isTrusted = async (machine: Machine, host: Engine): Promise<boolean> => {
  const resident = residentOn(machine, host);
  const trusted = await agrees(resident);
  resident.dispose();
  machine.resetReadBack();
  return trusted;
};

/** An engine in one mode, once the device has been shown to add exactly. */
const inMode = async (
  mode: Mode,
  { host, navigatorGpu }: GpuOptions,
): Promise<E.Either<Problem, GpuEngine>> => {
  const opened = await openDevice(mode, navigatorGpu);
  if (E.isLeft(opened)) return opened;
  const device = opened.right;
  const { machine } = device;
  const products = productsOn(device);
  const refused = (found: string): E.Either<Problem, GpuEngine> => {
    products.dispose();
    device.dispose();
    return E.left(problem(`engine gpu, mode ${mode}`, found, "exact sums", "use the engine `simd`"));
  };
  try {
    const exact = await addsExactly(products);
    products.dispose();
    if (!exact) return refused("the device adds integers inexactly");
    return E.right(
      machine && (await isTrusted(machine, host))
        ? withPassesOnDevice(device, machine, products, host)
        : withPassesOnHost(device, products, host),
    );
  } catch (error) {
    return refused(`a first kernel failed (${thrownText(error)})`);
  }
};

/**
 * Makes a gpu.js engine. With WebGPU, all tensors of a step stay on the device if it gives the bits of the reference, and `host`
 * computes what it cannot. With any other backend, or on a device that rounds differently, the device computes integer products
 * only.
 *
 * With WebGPU, `run`, `read`, `update` and `accumulate` may return promises; with other backends they are synchronous.
 *
 * `gpu({ host: simd(), mode: "webasm" })` selects the gpu.js backend that runs wherever WebAssembly does.
 *
 * @returns `Left` if no backend of the mode runs here, or none adds exactly; `host` is then unchanged
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
