import { createHash } from "node:crypto";
import type { Settings } from "../settings/settings.ts";

/** A short name for runs of these very settings, on any number of threads: the beginning of the sha256 of their JSON. */
export const runIdOf = ({ threads: _, ...settings }: Settings): string =>
  createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
