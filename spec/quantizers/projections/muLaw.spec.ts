import { suite } from "uvu";
import * as assert from "uvu/assert";
import { muLaw, muLawCodebook, segmentedCodebook } from "../../../quantizers/projections/muLaw.ts";
import { allClose } from "../../support/close.ts";
import { valuesBy } from "../../support/projecting.ts";

const test = suite("muLaw");
const range = { lo: -1, hi: 1 };

test("the numbers of docs/methods.md section 4: codes 75, 29, 111 and 5 of 127", () => {
  const values = valuesBy(muLaw(), [0.1, -0.01, 0.5, 0.001], { range });
  allClose(values, [0.099747, -0.00999, 0.495307, 0.000957], 5e-7);
  const { levels } = muLawCodebook(8, 255, 1);
  allClose(
    values,
    [75, -29, 111, 5].map((code) => levels[127 + code] as number),
    0,
  );
});

test("telephony's segments are 0, 2, .. 311, .. 8031 of 8031, either sign, 255 levels in all", () => {
  const { levels } = segmentedCodebook(8031);
  assert.is(levels.length, 255);
  assert.equal(
    [0, 1, 3 * 16 + 5, 7 * 16 + 15, -(7 * 16 + 15)].map((code) => levels[127 + code]),
    [0, 2, 311, 8031, -8031],
  );
  const rounded = valuesBy(muLaw({ layout: "segmented" }), [0.9, 1.1, 316, -9000], {
    range: { lo: -8031, hi: 0 },
  });
  assert.equal(rounded, [0, 2, 311, -8031]);
});

test("either layout is fine near zero: a hundredth of the range is met within 5 %, where equal steps miss by 20 %", () => {
  for (const layout of ["uniform", "segmented"] as const)
    for (const x of [0.01, 0.02, 0.05]) {
      const [y] = valuesBy(muLaw({ layout }), [x], { range });
      assert.ok(Math.abs((y as number) / x - 1) < 0.05, `${layout}: ${x} became ${y}`);
    }
});

test.run();
