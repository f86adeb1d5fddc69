/** @file Elements of a tensor that lie in a file beside the model, and nowhere else. */
import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { openRegular } from "../../files/regularFile.ts";
import type { TensorProto } from "../proto/onnx_pb.ts";

const what = "a file of tensors below the folder of the model";

const leaves = (from: string, to: string): boolean => {
  const way = relative(from, to);
  return way === "" || way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
};

/** The path that a location names, links followed; it does not leave the folder of the model. */
const placeOf = (path: string, tensor: string, location: string): string => {
  const folder = realpathSync(dirname(path));
  const named = join(folder, location);
  const refused = new RangeflowFailure(
    problem(path, `data of tensor ${tensor} in ${location}`, what, "save the model with its tensors inside"),
  );
  if (
    location === "" ||
    isAbsolute(location) ||
    /^[a-z]:|\\/i.test(location) ||
    location.includes("\0") ||
    leaves(folder, named)
  )
    throw refused;
  let real: string;
  try {
    real = realpathSync(named);
  } catch {
    // Whoever opens it says why it cannot be read.
    return named;
  }
  if (leaves(folder, real)) throw refused;
  return real;
};

/**
 * The bytes of a tensor whose model says that they are in another file.
 *
 * @param path of the model
 * @param length in bytes that its elements have
 * @throws `RangeflowFailure` if the file is missing or shorter, or does not lie below the folder of the model
 */
export const externalBytes = (
  path: string,
  { name, externalData }: TensorProto,
  length: number,
): Uint8Array => {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const place = placeOf(path, name, entries.get("location") ?? "");
  const offset = Number(entries.get("offset") ?? 0);
  const said = Number(entries.get("length") ?? length);
  const file = openRegular(place, what);
  try {
    if (Number.isSafeInteger(offset) && offset >= 0 && said === length && offset + length <= file.size)
      return file.read(offset, offset + length);
    throw new RangeflowFailure(
      problem(
        path,
        `tensor ${name} of ${length} bytes at ${entries.get("offset") ?? 0} to ${offset + said} of ${place}, which has ${file.size}`,
        "all of its bytes",
        "copy the file again",
      ),
    );
  } finally {
    file.close();
  }
};
