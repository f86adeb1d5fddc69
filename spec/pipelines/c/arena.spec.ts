/** @file The arena of a network: what is needed at the same time never shares a byte. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Block, packed, plannedArena } from "../../../pipelines/c/arena.ts";
import { programOf } from "../../../pipelines/c/steps.ts";
import type { GraphNode } from "../../../pipelines/inference/graph.ts";
import { everyNode } from "../onnx/graphs.ts";

const test = suite("arena");

test("blocks that are never needed together have the same place", () => {
  const blocks = [
    { bytes: 8, first: 0, last: 1 },
    { bytes: 4, first: 1, last: 2 },
    { bytes: 8, first: 2, last: 3 },
  ];
  assert.equal(packed(blocks), { bytes: 12, offsets: [0, 8, 0] });
  assert.equal(packed([]), { bytes: 0, offsets: [] });
});

const block: fc.Arbitrary<Block> = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.nat(12), fc.nat(4))
  .map(([bytes, first, more]) => ({ bytes, first, last: first + more }));

const aligned = (bytes: number): number => Math.ceil(bytes / 4) * 4;

test("no byte is shared by blocks that are needed together, and none lies beyond the end", () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 20 }), (blocks) => {
      const { bytes, offsets } = packed(blocks);
      blocks.forEach((a, i) => {
        const from = offsets[i] as number;
        assert.is(from % 4, 0);
        assert.ok(from + a.bytes <= bytes);
        blocks.forEach((b, j) => {
          if (i === j || a.last < b.first || b.last < a.first) return;
          const other = offsets[j] as number;
          assert.ok(from + a.bytes <= other || other + b.bytes <= from, `${i} and ${j}`);
        });
      });
      // What is needed at one moment, and no more than one after the other.
      const at = (step: number): number =>
        blocks
          .filter(({ first, last }) => first <= step && step <= last)
          .reduce((sum, one) => sum + aligned(one.bytes), 0);
      assert.ok(bytes >= Math.max(0, ...Array.from({ length: 17 }, (_, step) => at(step))));
      assert.ok(bytes <= blocks.reduce((sum, one) => sum + aligned(one.bytes), 0));
    }),
    { seed: 1 },
  );
});

const shape = [4, 4, 2] as const;

/** Twice the image, then `sums` times the same added: each sum is the last reader of the one before. */
const sumsOf = (sums: number): readonly GraphNode[] => [
  { op: "scaled", name: "x", inputs: ["image"], shape, factor: 2 },
  { op: "scaled", name: "y0", inputs: ["x"], shape, factor: 3 },
  ...Array.from(
    { length: sums },
    (_, i): GraphNode => ({
      ...{ op: "add", name: `y${i + 1}`, inputs: [`y${i}`, `y${i}`], shape },
    }),
  ),
  { op: "clip", name: "output", inputs: [`y${sums}`], shape, lo: 0, hi: 6 },
];

test("a sum takes the place of a summand that nobody needs any more", () => {
  const { steps } = programOf({ ...everyNode, imageShape: [...shape], nodes: sumsOf(5) });
  assert.is(plannedArena(steps).bytes, 4 * 4 * 4 * 2);
});

test.run();
