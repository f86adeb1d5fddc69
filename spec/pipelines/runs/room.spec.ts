import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import { network } from "../../../pipelines/runs/network.ts";
import { checkRoom, stepBytes } from "../../../pipelines/runs/room.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";

import { partsOf } from "../runs.ts";

const test = suite("room");

const megabytes = 2 ** 20;

const optionsFor = async (bytes: number, settings: Partial<Settings>) => {
  const all: Settings = { ...defaults, limit: 10, testLimit: 10, ...settings };
  return { ...(await partsOf(all)), engine: simd({ bytes }) };
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
      /^--batch: a training step of lenet5 over 5000 images, which takes 0\.\d\d GiB, expected at most 0\.04 GiB/,
    );
    const fitting = Number(/; (\d+) images would fit\.$/.exec(message)?.[1]);
    stepBytes(built, options.engine, blank(fitting));
    assert.throws(
      () => stepBytes(built, options.engine, blank(Math.ceil(1.25 * fitting))),
      /more bytes wanted/,
    );
    assert.is(refusal({ ...options, experiment: { ...options.experiment, batch: fitting - 1 } }), "");
  });

test("the reference engine takes any batch", async () => {
  const options = await optionsFor(40 * megabytes, { batch: 1e9 });
  assert.is(refusal({ ...options, engine: reference() }), "");
});

test.run();
