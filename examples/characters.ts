/** A language model: a causal transformer on characters, whose attention is multiplied in integers, too. Its text is the numbers in words. */
import {
  conv2d,
  cosine,
  crossEntropy,
  experiment,
  fromArrays,
  optimizers,
  quantized,
  residual,
  sequential,
  train,
} from "rangeflow";
import {
  embedding,
  gelu,
  layerNorm,
  multiheadAttention,
  positionEmbedding,
  under,
} from "rangeflow/operators";

const small =
  "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const words = (n: number): string => {
  if (n >= 100) return `${small[Math.floor(n / 100) - 1]} hundred ${words(n % 100)}`.trim();
  if (n >= 20) return `${tens[Math.floor(n / 10) - 2]} ${words(n % 10)}`.trim();
  return n > 0 ? small[n - 1]! : "";
};
const text = Array.from({ length: 999 }, (_, n) => words(n + 1)).join(", ");
const alphabet = [...new Set(text)].sort();

// A sample is a window of 32 characters, and its target the same window, one character on.
const length = 32;
const codes = Float32Array.from(text, (character) => alphabet.indexOf(character));
const starts = Array.from({ length: Math.floor((codes.length - 1) / 8) - 4 }, (_, i) => 8 * i);
const windows = (shift: number): Float32Array =>
  Float32Array.from(starts.flatMap((start) => [...codes.subarray(start + shift, start + shift + length)]));
const data = fromArrays(windows(0), windows(1), [length, 1, 1], {
  name: "numbers",
  targetShape: [length, 1, 1],
  test: 0.1,
});

const features = 32;
const linear = quantized(conv2d);
const block = sequential(
  residual(sequential(layerNorm("norm1"), multiheadAttention("attention", { heads: 4, causal: true }))),
  residual(
    sequential(
      layerNorm("norm2"),
      linear("mlp1", { outChannels: 4 * features, kernel: 1, bias: true, gain: 1 }),
      gelu(),
      linear("mlp2", { outChannels: features, kernel: 1, bias: true, gain: 1 }),
    ),
  ),
);

const mine = experiment({
  network: sequential(
    embedding("tokens", { entries: alphabet.length, features, deviation: 0.1 }),
    positionEmbedding("positions"),
    under("block1", block),
    under("block2", block),
    layerNorm("norm"),
    linear("head", { outChannels: alphabet.length, kernel: 1, gain: 1 }),
  ),
  data,
  loss: crossEntropy(),
  optimizer: optimizers.adamW({ weightDecay: 0.01 }),
  schedule: cosine(0.004),
  batch: 32,
  epochs: 4,
});

train(mine).subscribe((event) => {
  if (event.event === "epoch")
    console.log(`epoch ${event.epoch}: ${(100 * event.testScore!).toFixed(0)} % of the next characters`);
  if (event.event === "done") console.log(event.products);
});
