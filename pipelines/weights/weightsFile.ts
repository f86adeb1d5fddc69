/** @file Files of weights that somebody else has written: what is in them, and one tensor after the other as float32. */
import { extname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import { readHeader, type TensorPlace } from "../files/safetensorsHeader.ts";
import type { ConvSlide } from "../onnx/reading/constant.ts";
import { type LayerGrids, openOnnx } from "../onnx/reading/openOnnx.ts";
import { floatTypes, intoFloat32 } from "./floats.ts";

/** A tensor of a file, which is read when it is asked for. */
export interface FileTensor {
  readonly shape: Shape;
  /** Type of its numbers as the file has it, such as `BF16`. */
  readonly dtype: string;
  /** @throws `RangeflowFailure` of a type that is no float, and of numbers that are not finite */
  readonly read: () => Float32Array;
  /** How it goes over its image, if it is the kernel of a convolution, and the file says that. */
  readonly slide?: ConvSlide;
  /** What is added to the variance, if it is a parameter of a normalization, and the file says that. */
  readonly epsilon?: number;
}

/** Named tensors of a file by anybody. */
export interface WeightsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** How many batch normalizations the file computes, if it says that. */
  readonly normalizations?: number;
  /** Grids that the layers of a quantized network have, by the names of their weights. */
  readonly grids?: ReadonlyMap<string, LayerGrids>;
}

/** What is expected of such a file, for sentences. */
export const what = "a safetensors file of weights";

/** Bytes that are read at a time: a large tensor is never there twice. A multiple of the size of each type. */
const piece = 1 << 22;

const withFile = <T>(path: string, use: (file: RegularFile) => T): T => {
  const file = openRegular(path, what);
  try {
    return use(file);
  } finally {
    file.close();
  }
};

const changed = (path: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(path, "fewer bytes than when it was opened", what, "do not write it while it is read"),
  );

const readTensor = (
  path: string,
  dataAt: number,
  { name, dtype, shape, from, to }: TensorPlace,
): Float32Array => {
  const type = Object.hasOwn(floatTypes, dtype) ? floatTypes[dtype] : undefined;
  if (type === undefined)
    throw new RangeflowFailure(
      problem(
        path,
        `tensor ${name} of type ${dtype}`,
        `one of ${Object.keys(floatTypes).join(", ")}`,
        "write it as a float, or leave its layer out",
      ),
    );
  const values = new Float32Array(sizeOf(shape));
  withFile(path, (file) => {
    for (let at = from; at < to; at += piece) {
      const end = Math.min(to, at + piece);
      const bytes = file.read(dataAt + at, dataAt + end);
      if (bytes.length < end - at) throw changed(path);
      intoFloat32(type, bytes, values, (at - from) / type.size);
    }
  });
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw new RangeflowFailure(
      problem(path, `${values[odd]} at ${odd} of tensor ${name}`, "finite numbers", "use another file"),
    );
  return values;
};

/**
 * Opens a safetensors file by anybody: its header is read and checked, its tensors when they are asked for.
 *
 * @throws `RangeflowFailure` of a file that is not there, or no whole safetensors file
 */
const openSafetensors = (path: string): WeightsFile => {
  const { metadata, tensors, dataAt } = withFile(path, (file) => readHeader(path, file.size, file.read));
  return {
    path,
    metadata,
    tensors: new Map(
      tensors.map((place) => [
        place.name,
        { shape: place.shape, dtype: place.dtype, read: () => readTensor(path, dataAt, place) },
      ]),
    ),
  };
};

/** Kinds of files of weights, by the endings of their names: a new one joins with a line. */
const readers: Readonly<Record<string, (path: string) => WeightsFile>> = {
  ".safetensors": openSafetensors,
  ".onnx": openOnnx,
};

/** Endings of the names of files of weights. */
export const weightsEndings: readonly string[] = Object.keys(readers);

/**
 * Opens a file of weights, by the ending of its name; without one of ours it is read as safetensors.
 *
 * @throws `RangeflowFailure` of a file that is not there, or is not what its name says
 */
export const openWeights = (path: string): WeightsFile =>
  (readers[extname(path).toLowerCase()] ?? openSafetensors)(path);
