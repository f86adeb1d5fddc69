/** @file Where a run comes from: what stands beside its identity, and decides nothing. */
import { hostname } from "node:os";
import * as t from "io-ts";
import { version } from "../version.ts";

export const ProvenanceCodec = t.type({
  /** Version of the package that the run began with. */
  version: t.string,
  /** When it began, as ISO 8601. */
  date: t.string,
  host: t.string,
});

export type Provenance = t.TypeOf<typeof ProvenanceCodec>;

export const provenanceNow = (): Provenance => ({
  version,
  date: new Date().toISOString(),
  host: hostname(),
});
