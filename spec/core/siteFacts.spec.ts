import { suite } from "uvu";
import * as assert from "uvu/assert";
import { factsOf, siteFacts } from "../../core/siteFacts.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { luq } from "../../quantizers/projections/luq.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import { quantizerFor } from "../../quantizers/quantizer.ts";

const test = suite("siteFacts");

const quantizer = quantizerFor("gradient", 4, { name: "inHindsight", estimator: inHindsight() });

test("the facts of a site are bits and scheme of its quantizer, and no more for a uniform grid", () =>
  assert.equal(siteFacts(quantizer), { bits: 4, scheme: "affine" }));

test("a projection is known by name, options and what its levels follow", () => {
  const { options, follows } = luq({ levels: 3 });
  assert.equal(siteFacts({ ...quantizer, projection: luq({ levels: 3 }) }).projection, {
    name: "luq",
    options,
    follows,
  });
  assert.equal(siteFacts({ ...quantizer, projection: psq() }).projection, { name: "psq", follows: "tensor" });
});

test("facts are shared by all who get a statistic, so nobody writes to them", () => {
  for (const facts of [siteFacts(quantizer), siteFacts({ ...quantizer, projection: luq() })] as {
    bits: number;
    projection?: { name: string };
  }[]) {
    assert.throws(() => {
      facts.bits = 2;
    }, /read only/);
    if (facts.projection)
      assert.throws(() => {
        (facts.projection as { name: string }).name = "other";
      }, /read only/);
  }
});

test("a statistic without them says so", () => {
  const facts = { bits: 4, scheme: "affine" } as const;
  assert.is(factsOf({ facts }), facts);
  assert.throws(() => factsOf({}), /bits of the site were not recorded/);
});

test.run();
