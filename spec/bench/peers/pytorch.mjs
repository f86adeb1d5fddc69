/** @file Training steps of PyTorch on the CPU: a Python process that takes one step whenever it is asked for one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../resnet20.py", import.meta.url));

const encoded = (data, shape) => ({
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
  shape,
});

export const open = async () => {
  const python = spawn("python3", [program, "--serve"], { stdio: ["pipe", "pipe", "ignore"] });
  // What it cannot hear any more is told by the answer that does not come.
  python.stdin.on("error", () => {});
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
  const asked = async (question) => {
    python.stdin.write(`${JSON.stringify(question)}\n`);
    return answer();
  };
  const opened = async (kind, { images, parameters, rate, momentum, weightDecay }) => {
    const id = trainings++;
    const parts = { images: encoded(images.x, images.shape), labels: [...images.target] };
    const values = parameters.map(({ value, shape }) => encoded(value, shape));
    await asked({ open: id, case: kind, ...parts, parameters: values, rate, momentum, decay: weightDecay });
    return id;
  };
  const all = availableParallelism();
  let trainings = 0;
  return {
    name: `PyTorch ${torch}`,
    /** ResNet-20 in float32 and with simulated W8A8G8, on one thread and on all. */
    trainers: (model) =>
      model !== "resnet20"
        ? []
        : ["W8A8G8", "float32"].flatMap((number) =>
            [...new Set([1, all])].map((threads) => ({
              name: `PyTorch ${number === "float32" ? number : `simulated ${number}`}, ${threads} thread${threads > 1 ? "s" : ""}`,
              number,
              open: async (task) => {
                const id = await opened(number, task);
                return {
                  run: async () => (await asked({ step: id, threads })).loss,
                  close: () => asked({ close: id }),
                };
              },
            })),
          ),
    close: () => python.stdin.end(),
  };
};
