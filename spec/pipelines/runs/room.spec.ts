import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import { hasWidth, type ModelName, models } from "../../../models/index.ts";
import type { Dataset } from "../../../pipelines/data/dataset.ts";
import { network, networkFor } from "../../../pipelines/runs/network.ts";
import { plannedModel } from "../../../pipelines/runs/plannedModel.ts";
import { checkRoom, hasRoomByFar, productBytes, stepBytes } from "../../../pipelines/runs/room.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { defaultQuantizer } from "../../../quantizers/defaultQuantizer.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { partsOf } from "../runs.ts";

const test = suite("room");

const megabytes = 2 ** 20;

const optionsFor = async (bytes: number, settings: Partial<Settings>) => {
  const all: Settings = { ...defaults, limit: 10, testLimit: 10, ...settings };
  return { ...(await partsOf(all)), engine: simd({ bytes }) };
};

const waiting = { name: "currentMinMax", estimator: currentMinMax() };

/** Images as large as the models are made for. */
const photographs: Pick<Dataset, "shape" | "blank"> = {
  shape: [32, 32, 3],
  blank: (n) => ({ x: new Float32Array(n * 3072), target: new Int32Array(n), shape: [n, 32, 32, 3] }),
};

const refusal = (options: Parameters<typeof checkRoom>[0]): string => {
  try {
    checkRoom(options);
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    return (error as Error).message;
  }
  return "";
};

for (const bits of ["8/8/8", "32/32/32"])
  test(`a batch in ${bits} that does not fit is refused with the one that would, and that one fits`, async () => {
    const options = await optionsFor(40 * megabytes, { batch: 5000, bits });
    const built = network({ ...options, history: () => [] });
    const { blank } = options.data;
    const message = refusal(options);
    assert.match(
      message,
      /^batch: a training step of lenet5 over 5000 images, which takes 0\.\d\d GiB, expected at most 0\.04 GiB/,
    );
    const fitting = Number(/; (\d+) images would fit\.$/.exec(message)?.[1]);
    stepBytes(built, options.engine, blank(fitting));
    assert.throws(
      () => stepBytes(built, options.engine, blank(Math.ceil(1.25 * fitting))),
      /more bytes needed/,
    );
    assert.is(refusal({ ...options, experiment: { ...options.experiment, batch: fitting - 1 } }), "");
  });

/** Data of models that are made for other tasks than classification. */
const dataFor: Partial<Record<ModelName, Settings["data"]>> = { edsr: "glyphsX2", centerDetector: "scenes" };

for (const model of Object.keys(models) as ModelName[])
  test(`a step of ${model} takes less than 2.5 times what its products read and write: a plan may promise room by far`, async () => {
    const options = await optionsFor(2 ** 30, {
      ...{ model, data: dataFor[model] ?? "glyphs", width: hasWidth(model) ? 0.25 : 1 },
    });
    const { experiment, engine } = options;
    const isOwn = model in dataFor || model === "lenet5";
    const data: Dataset = isOwn ? options.data : { ...options.data, ...photographs };
    const planned = plannedModel(networkFor(experiment, data), data.shape);
    const built = network({
      ...options,
      data,
      quantizer: defaultQuantizer({
        estimators: { weight: waiting, activation: waiting, gradient: waiting },
      }),
      history: () => [],
    });
    const bytes = stepBytes(built, engine, data.blank(4));
    assert.ok(bytes < 2.5 * productBytes(planned, 4), `${bytes / productBytes(planned, 4)}`);
    assert.ok(hasRoomByFar(planned, { experiment: { ...experiment, batch: 4 }, engine }));
    assert.not(hasRoomByFar(planned, { experiment: { ...experiment, batch: 1e6 }, engine }));
    engine.dispose();
  });

test("a plan without products promises nothing", async () => {
  const { experiment, engine } = await optionsFor(2 ** 30, {});
  assert.not(hasRoomByFar({ convolutions: [], parameters: [] }, { experiment, engine }));
});

test("the reference engine takes any batch", async () => {
  const options = await optionsFor(40 * megabytes, { batch: 1e9 });
  assert.is(refusal({ ...options, engine: reference() }), "");
});

test.run();
