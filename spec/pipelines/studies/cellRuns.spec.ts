/** @file The plan of a study reads its data once, however many cells and seeds it has. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dataNamed, type ReadData } from "../../../pipelines/data/dataNamed.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { runIdOf } from "../../../pipelines/runs/identity.ts";
import { cellRuns } from "../../../pipelines/studies/cellRuns.ts";

const test = suite("runs of cells");

// Files that are not there: whatever reads them itself fails.
const experiment = builtIn({
  ...{ data: "mnist", dataDir: "no/such/directory" },
  ...{ limit: 64, testLimit: 32, batch: 32, epochs: 1 },
});

test("cells of the same data share what is read and hashed of them; another limit reads its own", async () => {
  const asked: string[] = [];
  let hashed = 0;
  const files: ReadData = async (settings) => {
    asked.push(`${settings.data} ${settings.limit}`);
    const data = await dataNamed({ ...settings, data: "glyphs" });
    return {
      ...data,
      content: () => {
        hashed++;
        return data.content();
      },
    };
  };
  const runsOf = cellRuns({ threads: 1 }, files);
  for (const changes of [{ bits: "8/8/8" }, { bits: "4/4/4" }, { limit: 96 }]) {
    const runs = runsOf({ experiment, changes });
    for (const seed of [1, 2]) {
      const { source, identity } = await runs.known({ seed });
      await runs.check(source, runIdOf(identity));
    }
  }
  assert.equal(asked, ["mnist 64", "mnist 96"]);
  assert.is(hashed, 2);
});

test.run();
