/** @file Weights files of other programs: their tensors, read one after the other as float32. */
import { extname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import { readHeader, type TensorPlace } from "../files/safetensorsHeader.ts";
import type { ConvSlide } from "../onnx/reading/constant.ts";
import { type LayerGrids, openOnnx } from "../onnx/reading/openOnnx.ts";
import { floatTypes, intoFloat32 } from "./floats.ts";

/** A tensor of a file, read on demand. */
export interface FileTensor {
  readonly shape: Shape;
  /** Type of its numbers in the file, such as `BF16`. */
  readonly dtype: string;
  /** @throws `RangeflowFailure` for a type that is no float, and for numbers that are not finite */
  readonly read: () => Float32Array;
  /** How it moves over its image, if it is a convolution kernel and the file states it. */
  readonly slide?: ConvSlide;
  /** Epsilon added to the variance, if it belongs to a normalization and the file states it. */
  readonly epsilon?: number;
}

/** Named tensors of a file of any origin. */
export interface WeightsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** Number of batch normalizations in the file, if it states it. */
  readonly normalizations?: number;
  /** Grids of a quantized network's layers, by the names of their weights. */
  readonly grids?: ReadonlyMap<string, LayerGrids>;
}

/** Expected kind of file, for messages. */
export const what = "a safetensors file of weights";

/** Bytes read at a time, so that a large tensor is never in memory twice. A multiple of the size of each type. */
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
 * Opens a safetensors file of any origin. Its header is read and checked at once, its tensors on demand.
 *
 * @throws `RangeflowFailure` if the file is missing, or is no complete safetensors file
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

/** Kinds of weights files by file name extension. To add a kind, add a line here. */
const readers: Readonly<Record<string, (path: string) => WeightsFile>> = {
  ".safetensors": openSafetensors,
  ".onnx": openOnnx,
};

/** File name extensions of weights files. */
export const weightsEndings: readonly string[] = Object.keys(readers);

/**
 * Opens a weights file by its extension; with an unknown one it is read as safetensors.
 *
 * @throws `RangeflowFailure` if the file is missing, or is not what its name says
 */
export const openWeights = (path: string): WeightsFile =>
  (readers[extname(path).toLowerCase()] ?? openSafetensors)(path);
