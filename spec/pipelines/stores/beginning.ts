/** @file A process that begins a run in the directory that it is told, and tells the number of its attempt. */
import { directoryStore } from "../../../pipelines/stores/directoryStore.ts";
import { run } from "./storeLaws.ts";

process.once("message", async (dir: string) => {
  const attempt = await directoryStore(dir).begin(run);
  process.send?.(attempt?.number ?? "none", () => process.disconnect());
});
process.send?.("ready");
