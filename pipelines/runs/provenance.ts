/** @file Provenance of a run, saved next to its identity. It changes no bit. */
import { hostname } from "node:os";
import * as t from "io-ts";
import { version } from "../version.ts";

export const ProvenanceCodec = t.type({
  /** Version of the package that started the run. */
  version: t.string,
  /** Start of the run in ISO 8601. */
  date: t.string,
  host: t.string,
});

export type Provenance = t.TypeOf<typeof ProvenanceCodec>;

export const provenanceNow = (): Provenance => ({
  version,
  date: new Date().toISOString(),
  host: hostname(),
});
