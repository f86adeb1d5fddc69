/**
 * @file The gpu.js engine: on WebGPU whole steps on the device, on other backends its integer products only.
 *
 * A device is used only after it has computed a product whose sum is known, and keeps tensors only after it has given the
 * bits of the reference for some passes; so a driver that adds too coarsely, or rounds otherwise, is found out when the engine
 * is built, not by a network that does not learn.
 */
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

/** Options of the gpu engine. */
export interface GpuOptions {
  /** Runs whatever the device does not; belongs to the new engine, and is disposed with it. */
  readonly host: Engine;
  /** `auto`, the default, is WebGPU where it answers, else what gpu.js prefers: a WebGL, webasm, cpu. */
  readonly mode?: Mode | "auto";
  /** `navigator.gpu` of a browser, or `create([])` of the package `webgpu`. */
  readonly navigatorGpu?: NavigatorGpu | undefined;
}

/** The gpu engine: an engine that also says on what it runs. */
export interface GpuEngine extends Engine {
  readonly name: "gpu";
  /** Adapter of WebGPU; absent on other backends. */
  readonly adapter: Adapter | undefined;
  /** Bytes read back from the device so far, without those of `accumulate`; present where tensors stay there. */
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

/** Whether whole passes can be left to a machine. */
const isTrusted = async (machine: Machine, host: Engine): Promise<boolean> => {
  const resident = residentOn(machine, host);
  const trusted = await agrees(resident);
  resident.dispose();
  machine.resetReadBack();
  return trusted;
};

/** An engine in one mode, once the device has proven to add exactly. */
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
 * A gpu.js engine. With WebGPU all tensors of a step stay on the device, if it gives the bits of the reference; `host` does what
 * it does not. With every other backend, and on a device that rounds otherwise, the device computes integer products only.
 *
 * With WebGPU, `run`, `read`, `update` and `accumulate` may answer with promises; with every other backend they answer at once.
 *
 * `gpu({ host: simd(), mode: "webasm" })` asks for the backend of gpu.js that runs wherever WebAssembly does.
 *
 * @returns `Left` if no backend of the mode runs here, or none that adds exactly; `host` is then left as it was
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
