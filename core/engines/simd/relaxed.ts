/**
 * @file Relaxed SIMD: whether the runtime has it, and what its products of bytes mean on this processor.
 *
 * Their result is left to the processor where an operand takes more than 7 bits, so it is found out by trying all operands
 * (`assembly/probe.ts`), once, and nothing is concluded from names or versions.
 */
import { bytesOf } from "./base64.ts";
import { probeWasmBase64 } from "./wasm.ts";

/**
 * Kind of instruction for products of bytes: four signed by four signed, four unsigned by four signed, or the latter with sums of two that
 * saturate, which are exact where the signed ones have 7 bits. `none`: from int16 instead.
 */
export type Bytes = "none" | "signed" | "unsigned" | "pairs";

/** Kinds of relaxed products, by their numbers in `assembly/bytes.ts`. */
const meanings: readonly Bytes[] = ["none", "signed", "unsigned", "pairs"];

/** The number by which the module knows a meaning of relaxed products. */
export const numberOf = (bytes: Bytes): number => meanings.indexOf(bytes);

let probed: Bytes | undefined;

const probe = (): Bytes => {
  const wasm = bytesOf(probeWasmBase64);
  if (!WebAssembly.validate(wasm)) return "none";
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
    const { meaning } = exports as unknown as { meaning(): number };
    return meanings[meaning()] as Bytes;
  } catch (error) {
    // Without addresses for the memory of a probe it is done without; the bits are the same.
    if (error instanceof RangeError) return "none";
    throw error;
  }
};

/** Kind of the relaxed products of bytes on this processor; `none` where there are none, or where they can be used for nothing. */
export const relaxedBytes = (): Bytes => {
  probed ??= probe();
  return probed;
};
