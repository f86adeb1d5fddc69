/** @file Attention and its parts: PyTorch's numbers and gradients (`spec/golden/attention.json`), its sites, and what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { expectSync } from "../../../core/eventual.ts";
import type { Target } from "../../../core/target.ts";
import { type HostTensor, tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { embedding } from "../../../operators/layers/embedding.ts";
import { gelu } from "../../../operators/layers/gelu.ts";
import { matmul } from "../../../operators/layers/matmul.ts";
import { multiheadAttention } from "../../../operators/layers/multiheadAttention.ts";
import { positionEmbedding } from "../../../operators/layers/positionEmbedding.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { softmax } from "../../../operators/layers/softmax.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { identity } from "../../../operators/module/identity.ts";
import type { Module, Scope } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { checkGradients } from "../../../operators/training/checkGradients.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { allClose } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../../support/golden.ts";
import { stepped } from "../../support/stepped.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

interface Golden {
  readonly y: readonly number[];
  readonly dx: readonly number[];
}

interface Attention extends Golden {
  readonly causal: boolean;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const { attention, functions, language } = golden("attention") as {
  readonly attention: readonly Attention[];
  readonly functions: readonly (Golden & { readonly name: string })[];
  readonly language: readonly (Golden & Readonly<Record<"tokens" | "labels", readonly number[]>>)[];
};

const test = suite("attention");
const shape = [2, 3, 2, 8] as const;
const size = 2 * 3 * 2 * 8;
const coded = (count: number, seed: number, by: number): Float32Array =>
  Float32Array.from(goldenCodes(count, seed), (code) => code / by);
const dy = tensor(coded(size, 2, 64), shape);

const layers = ["query", "key", "value", "out"];

/** The output of a module, and one whole step of another one of the same weights, whose gradients free what the output is made of. */
const outputAndStep = (module: Module, x: HostTensor, back: HostTensor, overrides: Partial<Scope> = {}) => {
  const { layer } = built(module, testScope({ shape: x.shape.slice(1), ...overrides }));
  const { engine = reference() } = overrides;
  const y = elements(
    expectSync(engine.run(outcome(opened(layer)(batch(x))).x, { store: true })).stored as HostTensor,
  );
  const { dx, ...step } = stepped(module, x, back, overrides);
  return {
    ...step,
    y: y.slice(),
    dx: elements(expectSync(engine.run(dx, { store: true })).stored as HostTensor),
  };
};

/** Attention that starts with the weights of the script. */
const starting =
  (module: Module): Module =>
  (scope) => {
    const made = module(scope);
    for (const { path, value } of scope.parameters.list()) {
      const [, layer = "", kind] = path.split("/");
      const seed = layers.indexOf(layer);
      elements(value).set(kind === "weight" ? coded(64, 3 + seed, 256) : coded(8, 7 + seed, 128));
    }
    return made;
  };

for (const { causal, y, dx, gradients } of attention)
  for (const engine of [reference(), simd()])
    test(`${causal ? "causal " : ""}attention is PyTorch's, and so are its gradients, on ${engine.name}`, () => {
      const module = starting(multiheadAttention("attention", { heads: 2, causal }));
      const found = outputAndStep(module, tensor(coded(size, 1, 64), shape), dy, { engine });
      allClose(found.y, y, 1e-5, "y");
      allClose(found.dx, dx, 1e-5, "dx");
      const given = gradientsOf(found.back);
      assert.is(given.length, 8);
      for (const { parameter, gradient } of given) {
        const name = parameter.path.slice("attention/".length);
        allClose(elements(gradient), gradients[name] ?? [], 2e-5, name);
      }
    });

const modules: Readonly<Record<string, Module>> = {
  softmax: softmax(),
  "softmax of two groups": softmax({ groups: 2 }),
  "gelu by tanh": gelu({ approximate: "tanh" }),
  gelu: gelu(),
};

for (const { name, y, dx } of functions)
  test(`${name} is PyTorch's, and so is its gradient`, () => {
    const found = stepped(modules[name] as Module, tensor(coded(size, 1, 16), shape), dy);
    allClose(numbers(found.y), y, 1e-6, "y");
    allClose(numbers(found.dx), dx, 1e-6, "dx");
  });

test("an approximation of GELU that PyTorch does not know is refused", () => {
  const said = refusals(gelu({ approximate: "sigmoid" as "tanh" }), testScope({ shape: [1, 1, 4] }));
  assert.equal(said, ['gelu: approximate: "sigmoid", expected one of none, tanh.']);
});

for (const { tokens, labels, y, dx } of language)
  test("an embedding with a label at each position has PyTorch's loss and gradient", () => {
    const at = [2, 3, 2, 1];
    const network = sequential(
      embedding("table", { entries: 5, features: 4 }),
      crossEntropy({ smoothing: 0.1 }),
    );
    const scope = testScope({ shape: at.slice(1) });
    const { layer } = built(network, scope);
    elements(scope.parameters.list()[0]!.value).set(coded(20, 13, 32));
    const target = tensor(Float32Array.from(labels), at);
    const out = outcome(opened(layer)(batch(tensor(Float32Array.from(tokens), at), { target })));
    allClose(numbers(out.x), y, 1e-6, "loss");
    const [gradient] = gradientsOf(pulledBack(out, tensor(Float32Array.of(1), [1, 1, 1, 1])));
    allClose(elements(gradient!.gradient), dx, 1e-6, "gradient");
  });

test("what is not an index, or no label of a position, is refused", () => {
  const at = [1, 2, 1, 1];
  const { layer } = built(
    sequential(embedding("table", { entries: 5, features: 4 }), crossEntropy()),
    testScope({ shape: at.slice(1) }),
  );
  const said = (tokens: readonly number[], target: Target): string => {
    try {
      opened(layer)(batch(tensor(Float32Array.from(tokens), at), { target }));
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const labels = (...of: readonly number[]) => tensor(Float32Array.from(of), [1, of.length, 1, 1]);
  assert.is(said([0, 4], labels(1, 2)), "");
  assert.match(
    said([0, 5], labels(1, 2)),
    "table, step 0: the input 5 at element 1, expected an index from 0 to 4",
  );
  assert.match(said([0.5, 1], labels(1, 2)), "the input 0.5 at element 0");
  assert.match(said([0, 1], labels(1, 4)), "label 4 at position 1, expected integers from 0 to 3");
  assert.match(said([0, 1], labels(1, 2, 3)), "a target of 1x3x1x1 for logits of 1x2x1x4");
  assert.match(
    said([0, 1], Int32Array.of(1)),
    "logits of 1x2x1x4 for 1 labels, expected 1x1x1x4, or a tensor of 1x2x1x1 with a label for each position; end a classifier with dense()",
  );
  const channels = embedding("table", { entries: 5, features: 4 });
  assert.match(refusals(channels, testScope({ shape: [3, 1, 2] })).join(), "table: inputs of 2 channels");
});

isPrintedByPyTorch(test, "attention");

const linear = (name: string, outChannels: number): Module => conv2d(name, { outChannels, kernel: 1 });

test("matrix products and embeddings have the gradients of finite differences", () => {
  const cases = [
    matmul("m", linear("a", 6), linear("b", 6), { transposeOther: true, groups: 3 }),
    matmul("m", linear("a", 18), linear("b", 4), { groups: 2 }),
    matmul("m", identity(), linear("b", 4), { transposeOther: true }),
    sequential(linear("a", 4), positionEmbedding("positions")),
    sequential(linear("a", 18), softmax({ groups: 2, causal: true })),
  ];
  for (const engine of [reference(), simd()])
    for (const module of cases)
      for (const { of, error } of checkGradients(module, { engine, shape: [3, 3, 4] }))
        assert.ok(error < 2e-3, `${of}: ${error}`);
  const whole = multiheadAttention("attention", { heads: 2, causal: true });
  const steep = { engine: reference(), shape: [4, 2, 8], epsilon: 1 / 1024 };
  assert.is(checkGradients(whole, steep).length, 9);
});

test("every operand is quantized at a site of its own, in each step once", () => {
  const module = multiheadAttention("attention", { heads: 2 });
  const x = tensor(coded(size, 1, 64), shape);
  const found = stepped(module, x, dy, { quantizer: quantizing(inHindsight()) });
  const sites = [...seenOf(found.signals), ...seenOf(found.back)].map(({ site }) =>
    site.slice("attention/".length),
  );
  assert.equal(
    [...sites].sort(),
    [
      "input",
      ...layers.flatMap((layer) => [`${layer}/gradient`, `${layer}/weight`]),
      ...["context", "scores"].flatMap((product) =>
        ["gradient", "input", "other"].map((site) => `${product}/${site}`),
      ),
      "out/input",
    ].sort(),
  );
});

test("the three products of a matrix product are integers if its operands are", () => {
  const kinds: string[] = [];
  const engine = reference();
  const watched = {
    ...engine,
    run: (...[x, sinks]: Parameters<typeof engine.run>) => {
      if (x.source._tag === "Product" && x.source.product._tag === "MatMul")
        kinds.push(`${x.source.product.transposed} ${x.source.product.a._tag} ${x.source.product.b._tag}`);
      return engine.run(x, sinks);
    },
  };
  const module = matmul("m", identity(), identity(), { transposeOther: true });
  const small = tensor(coded(16, 1, 64), [1, 2, 2, 4]);
  const back = tensor(coded(16, 2, 64), [1, 2, 2, 4]);
  outputAndStep(module, small, back, { engine: watched, quantizer: quantizing(currentMinMax()) });
  assert.equal(
    kinds.map((kind) => kind.slice(kind.indexOf(" ") + 1)),
    new Array(kinds.length).fill("Codes Codes"),
  );
  assert.equal([...new Set(kinds.map((kind) => kind.split(" ")[0]))].sort(), ["a", "b", "none"]);
});

test("each operand lives until both gradients are there, whatever makes it", () => {
  const branch: Readonly<Record<string, (name: string) => Module>> = {
    identity: () => identity(),
    relu: () => relu(),
    softmax: () => softmax(),
    conv2d: (name) => linear(name, 4),
    quantized: (name) => quantized(conv2d)(name, { outChannels: 4, kernel: 1 }),
  };
  const x = tensor(coded(32, 1, 64), [2, 2, 2, 4]);
  const back = tensor(coded(32, 2, 64), [2, 2, 2, 4]);
  const rule = { quantizer: quantizing(currentMinMax()) };
  for (const [left, a] of Object.entries(branch))
    for (const [right, b] of Object.entries(branch))
      for (const transposeOther of [true, false]) {
        const module = sequential(linear("before", 4), matmul("m", a("a"), b("b"), { transposeOther }));
        const [found, expected] = [simd({ bytes: 2 ** 22 }), reference()].map((engine) => {
          const { dx } = outputAndStep(module, x, back, { engine, ...rule });
          return [...dx];
        });
        assert.equal(found, expected, `${left} and ${right}`);
      }
});

test("shapes that do not fit are refused", () => {
  const said = (module: Module, of: readonly number[] = [3, 3, 4]): string =>
    refusals(module, testScope({ shape: of })).join("\n");
  assert.match(
    said(matmul("m", linear("a", 6), linear("b", 4), { transposeOther: true })),
    "m: an input of 3x3x6 and another of 3x3x4 in 1 groups, expected as many channels per group: 6, not 4",
  );
  assert.match(said(matmul("m", linear("a", 6), linear("b", 4))), "6, not 9");
  assert.match(said(matmul("m", linear("a", 9), linear("b", 4), { groups: 2 })), "2 groups for an input");
  assert.match(said(multiheadAttention("attention", { heads: 3 })), "attention: 3 heads for 4 channels");
  assert.match(said(softmax({ causal: true })), "causal, with 4 channels for 9 positions");
  assert.match(said(softmax({ groups: 3 })), "3 groups of 4 channels");
  const wide = matmul("m", identity(), identity(), { transposeOther: true });
  assert.match(said(wide, [200, 200, 1]), "sums of 40000 products, expected at most 33025");
});

test.run();
