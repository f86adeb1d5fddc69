/** @file Local directories for places of runs. */
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeTextAtomically } from "../files/atomic.ts";
import { studyFileName } from "../files/runNames.ts";
import { openStore } from "./openStore.ts";
import { isS3Place } from "./s3Objects.ts";
import { planDocument } from "./store.ts";

/**
 * A local directory with the runs of a place: for a path the path itself; for `s3://BUCKET/PREFIX` or `s3://BUCKET/PREFIX/RUN` an updated
 * copy of what is committed there.
 *
 * @param part required part of each run: its record, `done.json`, or everything
 * @returns rejects with `RangeflowFailure` if nothing is committed there, or the service refuses
 */
export const localDirectory = async (place: string, part: "record" | "whole"): Promise<string> => {
  if (!isS3Place(place)) return place;
  const store = await openStore(place);
  if ((await store.committed()).size > 0) {
    await store.fetchAll(part);
    const plan = await store.documents.read("study", planDocument);
    if (plan !== undefined) writeTextAtomically(join(store.dir, studyFileName), plan);
    return store.dir;
  }
  const [, above, name] = /^(s3:\/\/.+)\/([^/]+)\/*$/.exec(place) ?? [];
  if (above !== undefined && name !== undefined) {
    const study = await openStore(above);
    if ((await study.committed()).has(name)) {
      await study.fetch(name, part);
      return join(study.dir, name);
    }
  }
  throw new RangeflowFailure(
    problem(
      place,
      "no committed run",
      "s3://BUCKET/PREFIX of a study, or s3://BUCKET/PREFIX/RUN of a run",
      "rangeflow sweep status shows its progress",
    ),
  );
};
