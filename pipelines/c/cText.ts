/** @file Numbers, names and tables in C syntax. */
import { internal } from "../../core/errors.ts";

const bits = new DataView(new ArrayBuffer(4));

/** A float32 number as a C99 constant, exact to the bit: 0.1 is `0x1.99999ap-4f`. */
export const floatText = (x: number): string => {
  bits.setFloat32(0, x);
  const word = bits.getUint32(0);
  const sign = word >>> 31 === 1 ? "-" : "";
  const exponent = (word >>> 23) & 0xff;
  const fraction = word & 0x7fffff;
  if (exponent === 0 && fraction === 0) return `${sign}0.0f`;
  if (exponent === 0xff) throw internal(`${x} in a table of C`);
  const digits = (fraction * 2).toString(16).padStart(6, "0").replace(/0+$/, "");
  const [lead, power] = exponent === 0 ? ["0", -126] : ["1", exponent - 127];
  return `${sign}0x${lead}${digits === "" ? "" : `.${digits}`}p${power < 0 ? "" : "+"}${power}f`;
};

/** A number as a constant of type double, exact to the bit. */
export const doubleText = (x: number): string => (Number.isInteger(x) ? x.toFixed(1) : String(x));

/** A text that is safe in a comment. */
export const commentText = (text: string): string => text.replace(/[^\w /.:,()+=-]/g, "_");

/** Longest name made from a path, so that names with a suffix stay below the 63 characters that are significant in C11. */
const longestName = 40;

/** C names for paths, each unique. */
export const namesOf = (): ((path: string) => string) => {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  return (path) => {
    const given = names.get(path);
    if (given !== undefined) return given;
    const base = path
      .replace(/\W/g, "_")
      .slice(-longestName)
      .replace(/^(?=[0-9_])/, "l");
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    names.set(path, name);
    return name;
  };
};

const widest = 100;

/** Texts joined by commas, in lines of up to 100 characters. */
const lines = (texts: readonly string[]): string => {
  const all: string[] = [];
  let line = "   ";
  for (const [i, text] of texts.entries()) {
    const piece = ` ${text}${i === texts.length - 1 ? "" : ","}`;
    if (line.length + piece.length > widest) {
      all.push(line);
      line = "   ";
    }
    line += piece;
  }
  return [...all, line].join("\n");
};

/** A constant table: its definition, and its size in bytes. */
export interface Table {
  readonly text: string;
  readonly bytes: number;
}

const table = (type: string, bytes: number, name: string, texts: readonly string[]): Table => ({
  text: `static const ${type} ${name}[${texts.length}] = {\n${lines(texts)}\n};\n`,
  bytes: bytes * texts.length,
});

/** A table of float32 numbers. */
export const floatTable = (name: string, values: ArrayLike<number>): Table =>
  table("float", 4, name, Array.from(values, floatText));

/** A table of 8-bit or 32-bit integers. */
export const intTable = (name: string, values: ArrayLike<number>, type: "int8_t" | "int32_t"): Table =>
  table(type, type === "int8_t" ? 1 : 4, name, Array.from(values, String));

/** A table of integers from -8 to 7, two per byte, the one with the even index in the lower half. */
export const packedTable = (name: string, values: Int8Array): Table =>
  table(
    "uint8_t",
    1,
    name,
    Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => {
      const [low, high] = [(values[2 * i] as number) & 15, (values[2 * i + 1] ?? 0) & 15];
      return `0x${((high << 4) | low).toString(16).padStart(2, "0")}U`;
    }),
  );
