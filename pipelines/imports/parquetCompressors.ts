/** @file Decompressors for the pages of a Parquet file: hyparquet itself, Node, or an optional package. */
import * as zlib from "node:zlib";
import type { Compressors, FileMetaData } from "hyparquet";
import { failure } from "./source.ts";

/** Codecs that Node provides. hyparquet itself knows uncompressed pages and Snappy. */
const ofNode = (): Compressors => {
  // Node has Zstandard since 22.15.
  const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };
  return {
    GZIP: (bytes) => zlib.gunzipSync(bytes),
    BROTLI: (bytes) => zlib.brotliDecompressSync(bytes),
    ...(zstdDecompressSync && { ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes) }),
  };
};

const packageName = "hyparquet-compressors";

/** The codecs of the package, if it is installed. */
const ofPackage = async (load: (name: string) => Promise<unknown>): Promise<Compressors> => {
  try {
    return ((await load(packageName)) as { readonly compressors: Compressors }).compressors;
  } catch {
    return {};
  }
};

/**
 * Decompressor of Zstandard for Arrow batches: Node, or the package.
 *
 * @param load imports a package
 * @throws `RangeflowFailure` if neither is available, with what to install
 */
export const zstandardFor = async (
  path: string,
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<(bytes: Uint8Array) => Uint8Array> => {
  const unpack = ofNode().ZSTD ?? (await ofPackage(load)).ZSTD;
  if (unpack === undefined)
    throw failure(
      path,
      "batches compressed with Zstandard",
      "none, LZ4, or Node 22.15 or later",
      `npm install ${packageName}, or write the file with compression="lz4"`,
    );
  // Frames state their length. Columns have to start at an aligned position, hence in an array of their own.
  return (bytes) => unpack(bytes, 0).slice();
};

/**
 * Decompressors for the codecs of a file.
 *
 * @param load imports a package
 * @throws `RangeflowFailure` if one is not available, with what to install
 */
export const compressorsFor = async (
  path: string,
  { row_groups }: Pick<FileMetaData, "row_groups">,
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<Compressors> => {
  const codecs = new Set(
    row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec)),
  );
  const needed = [...codecs].filter(
    (codec) => codec !== undefined && codec !== "UNCOMPRESSED" && codec !== "SNAPPY",
  );
  const own = ofNode();
  if (needed.every((codec) => codec! in own)) return own;
  const all = { ...(await ofPackage(load)), ...own };
  const missing = needed.find((codec) => !(codec! in all));
  if (missing !== undefined)
    throw failure(
      path,
      `pages compressed with ${missing}`,
      "Snappy, GZIP or Brotli, or Zstandard on Node 22.15 or later",
      `npm install ${packageName}, or write the file with compression="snappy"`,
    );
  return all;
};
