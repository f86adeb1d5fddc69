import { blocks } from "./blocks.ts";
import { conv } from "./conv.ts";
import type { Group } from "./group.ts";
import { growth } from "./growth.ts";
import { imports } from "./imports.ts";
import { matmul } from "./matmul.ts";
import { passes } from "./passes.ts";
import { queue } from "./queue.ts";
import { ranges } from "./ranges.ts";
import { recording } from "./recording.ts";
import { replay } from "./replay.ts";
import { report } from "./report.ts";
import { rxjs } from "./rxjs.ts";
import { step } from "./step.ts";

/** All groups, in the order in which they run. */
export const groups: readonly Group[] = [
  conv,
  blocks,
  matmul,
  passes,
  step,
  ranges,
  recording,
  replay,
  imports,
  report,
  queue,
  rxjs,
  growth,
];
