/** @file Tensor data in a separate file next to the model. */
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

/** Path of a location, with links followed. It must not leave the folder of the model. */
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
    // Opening the file reports why it cannot be read.
    return named;
  }
  if (leaves(folder, real)) throw refused;
  return real;
};

/**
 * The bytes of a tensor whose model stores them in another file.
 *
 * @param path path of the model
 * @param length number of bytes of its elements
 * @throws `RangeflowFailure` if the file is missing, too short, or outside the folder of the model
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
