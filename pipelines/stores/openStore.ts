/** @file Opens a store by its place. */
import { directoryStore } from "./directoryStore.ts";
import { mirrorOf } from "./mirror.ts";
import { endpointIn, isS3Place, s3Objects } from "./s3Objects.ts";
import { s3Store } from "./s3Store.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store. Nothing is created or requested yet.
 *
 * @param place path of a directory, or `s3://BUCKET/PREFIX`
 * @returns rejects with `RangeflowFailure` if the place is invalid, or the required package is missing
 */
export const openStore = async (place: string): Promise<Store> => {
  if (!isS3Place(place)) return directoryStore(place);
  const objects = await s3Objects(place);
  return s3Store(objects, mirrorOf(objects.place, endpointIn(process.env)));
};
