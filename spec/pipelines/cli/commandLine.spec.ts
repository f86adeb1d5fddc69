import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resumingLine } from "../../../pipelines/cli/commandLine.ts";

import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";

const test = suite("resumingLine");

test("a run is resumed by its directory; its files are named again, or it is trusted as it was", () => {
  const files = { lr: 0.1, gradientRange: "inHindsight(./a b.ts)", rangeAt: ["dense*=./c.ts", "*=lbt"] };
  assert.is(resumingLine("runs/x", builtIn({ lr: 0.1 }), false), "rangeflow train --resume --out runs/x");
  assert.is(
    resumingLine("runs/x", builtIn(files), false),
    "rangeflow train --resume --out runs/x --gradient-range 'inHindsight(./a b.ts)' --range-at 'dense*=./c.ts' --range-at '*=lbt'",
  );
  const recipe = "rangeflow train --resume --out r --recipe ./mine.ts";
  assert.is(resumingLine("r", builtIn({ recipe: "./mine.ts" }), false), recipe);
  assert.is(resumingLine("r", builtIn(), true), "rangeflow train --resume --out r --trust");
  const own = experimentFile("./mine.ts", { width: "0.5" }, { gradientRange: "./a.ts" });
  assert.is(
    resumingLine("r", own, false),
    "rangeflow train ./mine.ts --resume --out r --gradient-range ./a.ts",
  );
});

test.run();
