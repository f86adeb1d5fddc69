/** @file Training steps of PyTorch on the CPU: a Python process that takes one step whenever it is asked for one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../resnet20.py", import.meta.url));

export const open = async () => {
  const python = spawn("python3", [program, "--serve"], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error("python3 cannot run resnet20.py, is torch installed?");
    return JSON.parse(value);
  };
  const gone = once(python, "error").then(([error]) => {
    throw error;
  });
  const { torch } = await Promise.race([answer(), gone]);
  gone.catch(() => {});
  const all = availableParallelism();
  return {
    name: `PyTorch ${torch}`,
    /** ResNet-20 in float32 and with simulated W8A8G8, on one thread and on all. */
    steps: async ({ model, batch }) =>
      model !== "resnet20"
        ? []
        : ["W8A8G8", "float32"].flatMap((kind) =>
            [...new Set([1, all])].map((threads) => ({
              name: `PyTorch ${kind === "float32" ? kind : `simulated ${kind}`}, ${threads} thread${threads > 1 ? "s" : ""}`,
              run: async () => {
                python.stdin.write(`${JSON.stringify({ case: kind, batch, threads })}\n`);
                await answer();
              },
            })),
          ),
    close: () => python.stdin.end(),
  };
};
