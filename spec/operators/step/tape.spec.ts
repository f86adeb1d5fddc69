/** @file A pass over a tensor that is in memory already gives what its sinks ask for, whatever they are. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { expectSync } from "../../../core/eventual.ts";
import { ofTensor, staged } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import type { QParams } from "../../../core/qparams.ts";
import { tensor } from "../../../core/tensor.ts";
import { openTape } from "../../../operators/step/tape.ts";
import { drive, type Task } from "../../../operators/step/task.ts";

const test = suite("tape");

const x = tensor(Float32Array.of(-1, 2, 3, -4), [2, 2]);
const params: QParams = {
  ...{ bits: 8, qmin: -127, qmax: 127 },
  scale: Float32Array.of(1 / 16),
  zeroPoint: Int32Array.of(0),
};

/** Values that each sink may have. */
const choices = {
  observe: [undefined, false, true],
  quantize: [undefined, { params }],
  channelSums: [undefined, { around: Float32Array.of(0, 0) }],
} satisfies { readonly [S in keyof Sinks]?: readonly Sinks[S][] };

const subsets = choices.observe.flatMap((observe) =>
  choices.quantize.flatMap((quantize) =>
    choices.channelSums.map(
      (channelSums): Sinks => ({
        store: true,
        ...(observe !== undefined && { observe }),
        ...(quantize && { quantize }),
        ...(channelSums && { channelSums }),
      }),
    ),
  ),
);

const given = (result: PassResult): readonly string[] => Object.keys(result).sort();

for (const sinks of subsets)
  test(`${JSON.stringify(Object.keys(sinks))}, observe ${sinks.observe}: as of a tensor that is computed`, () => {
    const run = function* (isInMemory: boolean): Task<PassResult> {
      const tape = openTape(reference(), false);
      return yield* tape.run(
        isInMemory ? ofTensor(x) : staged({ _tag: "Affine", shift: Float32Array.of(1, 1) })(ofTensor(x)),
        sinks,
      );
    };
    const [held, computed] = [true, false].map((is) => expectSync(drive(run(is))));
    assert.equal(given(held as PassResult), given(computed as PassResult));
  });

test.run();
