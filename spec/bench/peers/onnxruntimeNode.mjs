import onnxruntime from "onnxruntime-node";
import { onnxConv } from "./onnxConv.mjs";

/** onnxruntime in machine code, on one thread: how far this processor can go. */
export const open = async () => ({
  name: "onnxruntime-node",
  conv: onnxConv(onnxruntime, "onnxruntime-node", { intraOpNumThreads: 1, interOpNumThreads: 1 }),
  close: () => {},
});
