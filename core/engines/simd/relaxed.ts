/**
 * @file Relaxed SIMD: whether the runtime has it, and how its byte products behave on this processor.
 *
 * Their result depends on the processor if an operand needs more than 7 bits. It is determined by trying all operands once
 * (`assembly/probe.ts`), not from names or versions.
 */
import { bytesOf } from "./base64.ts";
import { probeWasmBase64 } from "./wasm.ts";

/**
 * Instruction for byte products: four signed by four signed; four unsigned by four signed; or (`pairs`) the latter with saturating
 * sums of two, which are exact if the signed ones have 7 bits. `none`: int16 instead.
 */
export type Bytes = "none" | "signed" | "unsigned" | "pairs";

/** Kinds of relaxed products, by their numbers in `assembly/bytes.ts`. */
const meanings: readonly Bytes[] = ["none", "signed", "unsigned", "pairs"];

/** The number of a kind in the module. */
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
    // Without address space for the probe's memory, relaxed SIMD is not used; the bits are the same.
    if (error instanceof RangeError) return "none";
    throw error;
  }
};

/** Kind of relaxed byte products on this processor; `none` if there are none, or if they are not useful. */
export const relaxedBytes = (): Bytes => {
  probed ??= probe();
  return probed;
};
