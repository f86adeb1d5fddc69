import { directQuantization } from "./directQuantization.ts";
import { dynamicOrHindsight } from "./dynamicOrHindsight.ts";
import { inHindsightTable } from "./inHindsightTable.ts";
import { lbtTasks } from "./lbtTasks.ts";
import { satOnMobileNet } from "./satOnMobileNet.ts";
import type { Study } from "./study.ts";

/**
 * The studies by name, for `compare` and `rangeflow compare --study`. A new study needs an entry here.
 *
 * @example not run: it trains for hours
 * const { settings, ...study } = studies.dynamicOrHindsight;
 * compare({ resnet20: builtIn({ ...settings, dataDir: "cifar10" }) }, { ...study, out: "runs/hindsight" }).subscribe(console.log);
 */
export const studies = {
  directQuantization,
  dynamicOrHindsight,
  inHindsightTable,
  lbtTasks,
  satOnMobileNet,
} as const satisfies Readonly<Record<string, Study>>;
