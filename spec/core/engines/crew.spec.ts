/** @file The threads of an engine: they start and end, as many as help, and what fails in one of them is told. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { Kernels } from "../../../core/engines/simd/kernels.ts";
import { numberThatHelps } from "../../../core/engines/simd/numberThatHelps.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import type { Expr } from "../../../core/expr.ts";
import type { PassResult } from "../../../core/pass.ts";
import type { Product } from "../../../core/product.ts";
import type { Shape } from "../../../core/tensor.ts";
import type { Thread, Threads } from "../../../core/threads.ts";
import { eager } from "../../support/eager.ts";
import { floats, integers, productsOf } from "../../support/everyProduct.ts";
import { sameResult } from "../../support/sameResult.ts";

const bytes = 2 ** 26;
const one = simd({ bytes });

const test = suite("crew");

const image = floats([1, 2], [4, 16, 16, 8]);
const doubled: Expr = {
  shape: image.shape,
  source: { _tag: "Dense", x: image },
  stages: [{ _tag: "Affine", scale: Float32Array.of(2) }],
};

test("a worker that traps is told by its number and its error, and the engine goes on alone", async () => {
  const usual = await eager(3);
  const engine = simd({
    bytes,
    threads: {
      ...usual,
      start: (program, given) =>
        usual.start(
          program.replace("const obey = () => {", "$& if (share === 2) JSON.parse('none');"),
          given,
        ),
    },
  });
  assert.throws(
    () => engine.run(doubled, { store: true }),
    /^.*internal: simd engine, thread 3: SyntaxError: Unexpected token/,
  );
  assert.is(engine.backend, one.backend);
  sameResult(
    engine.run(doubled, { store: true }) as PassResult,
    one.run(doubled, { store: true }) as PassResult,
  );
});

test("a worker that has ended is told within seconds, also while the engine waits for it", async () => {
  const usual = await eager(2);
  const workers: Thread[] = [];
  const engine = simd({
    bytes,
    threads: {
      ...usual,
      start: (program, given) => {
        const worker = usual.start(program, given);
        workers.push(worker);
        return worker;
      },
    },
  });
  engine.run(doubled, { store: true });
  assert.is(workers[0]?.hasEnded(), false);
  workers[0]?.terminate();
  const began = performance.now();
  assert.throws(
    () => engine.run(doubled, { store: true }),
    (error: unknown) =>
      error instanceof RangeflowFailure &&
      /^simd engine, thread 2: the thread has exited, expected its share of the work; .*--resume/.test(
        error.message,
      ),
  );
  // An engine that did not look after its workers would wait for a minute.
  assert.ok(performance.now() - began < 30_000);
  sameResult(
    engine.run(doubled, { store: true }) as PassResult,
    one.run(doubled, { store: true }) as PassResult,
  );
});

test("a worker that never answers is told, and is no mistake of ours", async () => {
  const usual = await eager(2);
  let pace = 1;
  const engine = simd({
    bytes,
    threads: {
      ...usual,
      now: () => pace * performance.now(),
      start: (program, given) =>
        usual.start(program.replace("const obey = () => {", "$& if (share === 1) for (;;);"), given),
    },
  });
  // A minute of patience passes in a fraction of a second.
  pace = 1000;
  assert.throws(
    () => engine.run(doubled, { store: true }),
    /^simd engine, thread 2: no answer for 60 seconds, .*, expected its share of the work; .*--resume/,
  );
  assert.is(engine.backend, one.backend);
});

test("a worker without room for its scratch is told as any lack of room", async () => {
  const engine = simd({ bytes: 2 ** 22, threads: await eager(5) });
  const operand = (shape: Shape, _: number, side: number) => integers([side, 1], shape, 8);
  const conv = { kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1, groups: 1 };
  const wide = { ...conv, inChannels: 256, outChannels: 256 };
  const shapes = { conv: wide, x: [5, 4, 4, 256], y: [5, 2, 2, 256], w: [256, 3, 3, 256] };
  const [forward] = productsOf(shapes, operand);
  assert.throws(
    () => engine.accumulate(forward as Product),
    (error: unknown) => error instanceof RangeflowFailure && /more bytes needed/.test(error.message),
  );
  engine.dispose();
});

test("a worker that does not start leaves the work to the others", async () => {
  const usual = await eager(2);
  const engine = simd({
    bytes,
    threads: {
      ...usual,
      startsWhileWaiting: false,
      start: () => ({ terminate: () => {}, hasEnded: () => false }),
    },
  });
  assert.is(engine.backend, one.backend);
  sameResult(
    engine.run(doubled, { store: true }) as PassResult,
    one.run(doubled, { store: true }) as PassResult,
  );
});

test("workers that are there late are used from then on", async () => {
  const usual = await eager(2);
  const engine = simd({ bytes, threads: { ...usual, startsWhileWaiting: false } });
  assert.is(engine.backend, one.backend);
  for (let turn = 0; turn < 6000 && engine.backend === one.backend; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    engine.beginStep();
    engine.run(doubled, { store: true });
  }
  assert.is(engine.backend, `${one.backend}, 2 threads`);
  engine.dispose();
});

test("where memory cannot be shared there is one thread", async () => {
  const usual = await eager(4);
  const { SharedArrayBuffer: own } = globalThis;
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  try {
    assert.is(simd({ bytes, threads: usual }).backend, one.backend);
  } finally {
    Object.assign(globalThis, { SharedArrayBuffer: own });
  }
});

/** Number of threads that is chosen where so many take so many milliseconds. */
const chosen = (milliseconds: Readonly<Record<number, number>>): number => {
  let time = 0;
  const most = Math.max(...Object.keys(milliseconds).map(Number));
  const kernels = { mark: () => 0, take: () => 0, release: () => {} } as unknown as Kernels;
  const together = (shares: number): void => {
    time += milliseconds[shares] as number;
  };
  return numberThatHelps(most, kernels, together, () => time);
};

test("auto takes as many threads as help, and no more", () => {
  assert.is(chosen({ 1: 10, 2: 9 }), 1);
  assert.is(chosen({ 1: 10, 2: 6 }), 2);
  assert.is(chosen({ 1: 10, 2: 6, 4: 5.5, 6: 5.3 }), 2);
  assert.is(chosen({ 1: 10, 2: 6, 4: 3, 6: 2 }), 6);
  assert.is(chosen({ 1: 10, 2: 9, 4: 5 }), 4);
});

test("auto ends the workers that it does not use, and measures none where there is one thread", async () => {
  const usual = await eager(2);
  let running = 0;
  const counting: Threads = {
    ...usual,
    wanted: "auto",
    start: (program, given) => {
      const { terminate, hasEnded } = usual.start(program, given);
      running++;
      return {
        hasEnded,
        terminate: () => {
          running--;
          terminate();
        },
      };
    },
  };
  const engine = simd({ bytes, threads: { ...counting, available: 4 } });
  const told = /, (\d+) threads$/.exec(engine.backend)?.[1] ?? "1";
  assert.is(running, Number(told) - 1);
  engine.dispose();
  assert.is(running, 0);
  assert.is(simd({ bytes, threads: { ...counting, available: 1 } }).backend, one.backend);
  assert.is(running, 0);
});

test("a process ends by itself when an engine is left as it is", () => {
  const [engineUrl, threadsUrl] = ["core/engines/simd/engine.js", "pipelines/runs/threads.js"].map(
    (file) => new URL(`../../../${file}`, import.meta.url).href,
  );
  const script = `
    import { simd } from ${JSON.stringify(engineUrl)};
    import { threads } from ${JSON.stringify(threadsUrl)};
    const engine = simd({ bytes: ${bytes}, threads: { ...(await threads(3)), grain: 0 } });
    const { data } = engine.upload(Float32Array.of(1, 2, 3), [3]);
    console.log(engine.backend, data.join());`;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.is(stdout, `${one.backend}, 3 threads 1,2,3\n`);
  assert.is(status, 0);
});

test.run();
