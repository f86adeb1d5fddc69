/** @file The texts of hostile experiment files, and of estimators, quantizers and recipes with options. */
import { everyFunction } from "../../dist/spec/pipelines/experiments/everyFunction.js";

/** A small experiment: parts that replace its own, statements before it, and what is exported. */
const file = ({
  parts = "",
  before = "",
  exported = "experiment(parts)",
} = {}) => `import { absoluteError, activation, constantRate, dense, experiment, experimentWith, fromArrays, hostRule, loss, optimizerOf, optimizers, quantized, relu, sequential } from "rangeflow";
const x = Float32Array.from({ length: 128 }, (_, i) => ((i * 7) % 31) / 31);
const y = Float32Array.from({ length: 64 }, (_, n) => x[2 * n] * x[2 * n + 1]);
let calls = 0;
const late = (act, value) => { if (++calls > 6) return act(); return value; };
const boom = () => { throw new Error("boom"); };
const layers = (...between) => sequential(quantized(dense)("hidden", { units: 8 }), ...between, quantized(dense)("output", { units: 1, gain: 1 }));
${before}
const parts = { network: layers(relu()), data: fromArrays(x, y, [1, 1, 2], { name: "grid", test: 0.25 }), loss: absoluteError(),
  schedule: constantRate(0.01), batch: 16, epochs: 2, ${parts} };
export default ${exported};
`;
const part = (parts) => file({ parts });
const exports = (exported, before) => file({ exported, before });
const declares = (options) => exports(`{ options: ${options}, make: () => parts }`);
const makes = (body) =>
  exports(`experimentWith({ options: { n: { type: "integer", default: 1, help: "" } }, make: ${body} })`);
const layer = (text) => part(`network: layers(${text})`);
const updates = (update, state = "{}") =>
  part(`optimizer: optimizerOf("mine", hostRule({ state: ${state}, update: ${update} }))`);
const losses = (f, df = "() => 1") => part(`loss: loss("mine", ${f}, ${df})`);
const measures = (evaluate) => part(`metrics: [{ name: "mine", evaluate: ${evaluate} }]`);
const arrays = (values) => part(`data: fromArrays(${values})`);
const loop = "for (;;);";

export const plainExperiment = file();

/** Every function that a file can hold, each as an endless loop. */
const loops = Object.fromEntries(
  [...everyFunction("").matchAll(/may\("([^"]+)"/g)].map(([, name]) => [
    `loops-${name}`,
    everyFunction(name),
  ]),
);

export const experiments = {
  ...loops,
  exportsNothing: "export const a = 1;\n",
  exportsUndefined: exports("undefined"),
  exportsNull: exports("null"),
  exportsText: exports('"experiment"'),
  exportsPromise: exports("Promise.resolve(parts)"),
  exportsFunction: exports("() => parts"),
  exportsClass: exports("class { network = parts.network; }"),
  exportsProxy: exports("new Proxy({}, { get: boom, has: boom, ownKeys: boom })"),
  importThrows: 'throw new Error("boom");\n',
  importThrowsNull: "throw null;\n",
  importRejects: 'await Promise.reject(new Error("boom"));\nexport default 1;\n',
  importLoops: loop,
  importLeaves: "process.exit(0);\n",
  importNever: "await new Promise(() => {});\nexport default 1;\n",
  importMissing: 'import "./none.ts";\nexport default 1;\n',
  syntax: "export default ((;\n",
  thenable: "export const then = () => {};\nexport default 1;\n",
  makeThrows: makes("boom"),
  makeThrowsUndefined: makes("() => { throw undefined; }"),
  makeThrowsTrap: makes('() => { throw Object.defineProperty(new Error(""), "message", { get: boom }); }'),
  makeRejects: makes('async () => { throw new Error("boom"); }'),
  makeNothing: makes("() => {}"),
  makeNumber: makes("() => 7"),
  makeNever: makes("() => new Promise(() => {})"),
  makeLoops: makes(`() => { ${loop} }`),
  makeLeaves: makes("() => process.exit(0)"),
  makeProxy: makes("() => new Proxy(parts, { get: boom, ownKeys: boom, has: boom })"),
  makeThenThrows: makes("() => ({ then: boom })"),
  makeNoFunction: exports("{ options: {}, make: 5 }"),
  getterMake: exports("{ get make() { return boom(); } }"),
  getterOptions: exports("{ get options() { return boom(); }, make: () => parts }"),
  optionsNumber: declares("5"),
  optionsArray: declares("[1]"),
  optionNull: declares("{ n: null }"),
  optionBare: declares("{ n: {} }"),
  optionKind: declares('{ n: { type: "colour", default: 1, help: "" } }'),
  optionNoDefault: declares('{ n: { type: "integer", help: "" } }'),
  optionDefault: declares('{ n: { type: "integer", default: "one", help: "" } }'),
  optionBigint: declares('{ n: { type: "integer", default: 1n, help: "" } }'),
  optionBounds: declares('{ n: { type: "integer", default: 5, least: 9, most: 2, help: "" } }'),
  optionNanBound: declares('{ n: { type: "number", default: 5, least: NaN, help: "" } }'),
  optionChoices: declares('{ n: { type: "choice", default: "a", choices: 5, help: "" } }'),
  optionTwice: declares(
    '{ maxSize: { type: "integer", default: 1, help: "" }, "max-size": { type: "integer", default: 1, help: "" } }',
  ),
  optionOfTrain: declares('{ out: { type: "text", default: "", help: "" } }'),
  optionOddName: declares('{ "a b=": { type: "integer", default: 1, help: "" } }'),
  optionEmptyName: declares('{ "": { type: "integer", default: 1, help: "" } }'),
  optionGetter: declares('{ n: { get type() { return boom(); }, default: 1, help: "" } }'),
  optionProxy: declares("new Proxy({}, { ownKeys: boom, get: boom })"),
  nameSymbol: part('name: Symbol("a")'),
  networkThrows: part("network: boom"),
  networkNothing: part("network: () => undefined"),
  networkNumber: part("network: 5"),
  networkPromise: part("network: Promise.resolve(layers())"),
  networkForDataThrows: part("network: { forData: boom }"),
  networkForDataNothing: part("network: { forData: () => undefined }"),
  networkForDataLoops: part(`network: { forData: () => { ${loop} } }`),
  networkGetter: part("get network() { return boom(); }"),
  networkOutputs: part('network: quantized(dense)("output", { units: 3 })'),
  networkTwice: layer('quantized(dense)("output", { units: 8 })'),
  activationThrows: layer('activation("mine", (v) => late(boom, v), () => 1)'),
  activationNan: layer('activation("mine", (v) => late(() => NaN, v), () => 1)'),
  activationText: layer('activation("mine", () => "one", () => 1)'),
  derivativeThrows: layer('activation("mine", (v) => v, boom)'),
  derivativeNan: layer('activation("mine", (v) => v, () => NaN)'),
  derivativeNothing: layer('activation("mine", (v) => v, () => {})'),
  activationLoops: layer(`activation("mine", (v) => late(() => { ${loop} }, v), () => 1)`),
  lossNothing: part("loss: undefined"),
  lossNumber: part("loss: 5"),
  lossBoom: part("loss: boom"),
  lossGivesNothing: part("loss: () => undefined"),
  lossThrows: losses("boom"),
  lossThrowsLater: losses("(a, b) => late(boom, a - b)"),
  lossThrowsNull: losses("() => { throw null; }"),
  lossNan: losses("() => NaN"),
  lossUndefined: losses("() => {}"),
  lossText: losses('() => "one"'),
  lossBigint: losses("() => 1n"),
  lossPromise: losses("async () => 1"),
  lossSlopeThrows: losses("(a, b) => a - b", "boom"),
  lossSlopeNan: losses("(a, b) => a - b", "() => NaN"),
  lossSlopeNothing: losses("(a, b) => a - b", "() => {}"),
  lossLoops: losses(`() => { ${loop} }`),
  lossLeaves: losses("() => process.exit(0)"),
  metricThrows: measures("boom"),
  metricThrowsUndefined: measures("() => { throw undefined; }"),
  metricNothing: measures("() => {}"),
  metricText: measures('() => "good"'),
  metricPromise: measures("async () => 1"),
  metricBigint: measures("() => 1n"),
  metricLoops: measures(`() => { ${loop} }`),
  metricLeaves: measures("() => process.exit(0)"),
  metricNoName: part("metrics: [{ evaluate: () => 1 }]"),
  metricNull: part("metrics: [null]"),
  metricTwice: part('metrics: [{ name: "a", evaluate: () => 1 }, { name: "a", evaluate: () => 2 }]'),
  metricAsLoss: part('metrics: [{ name: "loss", evaluate: () => 1 }]'),
  metricGetter: part('metrics: [{ name: "a", get evaluate() { return boom(); } }]'),
  scoreUnknown: part('score: { metric: "none", better: "higher" }'),
  scoreOdd: part("score: 5"),
  scoreBetter: part('score: { metric: "loss", better: "odd" }'),
  optimizerNull: part("optimizer: null"),
  optimizerText: part('optimizer: "sgd"'),
  optimizerMakeThrows: part('optimizer: { name: "mine", make: boom }'),
  optimizerMakeNothing: part('optimizer: { name: "mine", make: () => undefined }'),
  optimizerBare: part("optimizer: { make: () => ({}) }"),
  optimizerThrows: updates("boom"),
  optimizerThrowsLater: updates("() => late(boom)"),
  optimizerThrowsNull: updates("() => { throw null; }"),
  optimizerNan: updates("(p) => { p.fill(NaN); }"),
  optimizerLoops: updates(`() => { ${loop} }`),
  optimizerLeaves: updates("() => process.exit(0)"),
  optimizerStateThrows: updates("() => {}", "{ average: boom }"),
  optimizerStateOdd: updates("() => {}", '{ average: () => "odd" }'),
  optimizerStateNan: updates("() => {}", "{ average: () => [NaN] }"),
  optimizerStateNull: updates("() => {}", "null"),
  optimizerUpdateNone: updates("undefined"),
  scheduleThrows: part("schedule: boom"),
  scheduleNan: part("schedule: () => NaN"),
  scheduleNothing: part("schedule: () => {}"),
  scheduleText: part('schedule: () => "0.1"'),
  scheduleLoops: part(`schedule: () => { ${loop} }`),
  dataThrows: part("data: boom"),
  dataRejects: part('data: async () => { throw new Error("boom"); }'),
  dataNothing: part("data: () => undefined"),
  dataEmpty: part("data: {}"),
  dataNever: part("data: () => new Promise(() => {})"),
  dataLoops: part(`data: () => { ${loop} }`),
  dataProxy: part("data: new Proxy({}, { get: boom, has: boom })"),
  dataShort: arrays('x, y.slice(0, 63), [1, 1, 2], { name: "grid", test: 0.25 }'),
  dataOdd: arrays('x.slice(1), y, [1, 1, 2], { name: "grid", test: 0.25 }'),
  dataNone: arrays('new Float32Array(0), new Float32Array(0), [1, 1, 2], { name: "grid", test: 0.25 }'),
  dataNan: arrays('x.map(() => NaN), y, [1, 1, 2], { name: "grid", test: 0.25 }'),
  dataTargetNan: arrays('x, y.map(() => NaN), [1, 1, 2], { name: "grid", test: 0.25 }'),
  dataShape: arrays('x, y, [1, 2], { name: "grid", test: 0.25 }'),
  dataShapeText: arrays('x, y, "112", { name: "grid", test: 0.25 }'),
  dataTest: arrays('x, y, [1, 1, 2], { name: "grid", test: 2 }'),
  dataArrays: arrays('[...x], [...y], [1, 1, 2], { name: "grid", test: 0.25 }'),
  batchZero: part("batch: 0"),
  batchText: part('batch: "16"'),
  batchMany: part("batch: 1e6"),
  epochsNan: part("epochs: NaN"),
  seedHalf: part("seed: 0.5"),
  rulesNull: part("quantization: null"),
  rulesNumbers: part("quantization: [5]"),
  rulesGetter: part("quantization: [{ get weight() { return boom(); } }]"),
  rulesNowhere: part('quantization: [{ at: "nowhere", weight: { bits: 4 } }]'),
  rulesRangeThrows: part("quantization: [{ gradient: { range: boom } }]"),
  accumulatorOdd: part("accumulator: { bits: 1 }"),
  barrierOdd: part("barrier: { weight: NaN }"),
  measurementsOdd: part("measurements: { sqnrEvery: -1 }"),
};

/** These change no bit. */
export const harmlessExperiments = {
  leftTimer: exports("experiment(parts)", "setInterval(() => {}, 1000);"),
  cyclic: exports("parts", "const self = {}; self.self = self;"),
  exitCode: exports("experiment(parts)", "process.exitCode = 0;"),
  byOptions: makes("async () => parts"),
  optionsNull: declares("null"),
  metricNan: measures("() => NaN"),
  metricWrites: measures("() => 1"),
};

const entry = (options, make) =>
  `export default { name: "mine", summary: "", source: "", isStatic: false, options: ${options}, make: ${make} };\n`;
const n = '{ n: { type: "integer", default: 1, help: "" } }';

/** Entries with options, of any kind: an estimator, a quantizer or a recipe. */
export const entries = {
  makeThrows: entry(n, '() => { throw new Error("boom"); }'),
  makeThrowsUndefined: entry(n, "() => { throw undefined; }"),
  makeNothing: entry(n, "() => {}"),
  makeNumber: entry(n, "() => 5"),
  makePromise: entry(n, "() => Promise.resolve((o) => o)"),
  makeRejects: entry(n, 'async () => { throw new Error("boom"); }'),
  makeLoops: entry(n, `() => { ${loop} }`),
  makeLeaves: entry(n, "() => process.exit(0)"),
  makeNone: entry(n, "undefined"),
  makeProxy: entry(n, '() => new Proxy({}, { get() { throw new Error("boom"); }, has() { throw 1; } })'),
  optionsNumber: entry("5", "() => (o) => o"),
  optionsNull: entry("{ n: null }", "() => (o) => o"),
  optionsKind: entry('{ n: { type: "colour", default: 1, help: "" } }', "() => (o) => o"),
  optionsDefault: entry('{ n: { type: "integer", default: "one", help: "" } }', "() => (o) => o"),
  optionsBounds: entry(
    '{ n: { type: "integer", default: 5, least: 9, most: 2, help: "" } }',
    "() => (o) => o",
  ),
  optionsTwice: entry(
    '{ maxSize: { type: "integer", default: 1, help: "" }, "max-size": { type: "integer", default: 1, help: "" } }',
    "() => (o) => o",
  ),
  optionsOddName: entry('{ "a,b=": { type: "integer", default: 1, help: "" } }', "() => (o) => o"),
  optionsGetter:
    'export default { name: "mine", get options() { throw new Error("boom"); }, make: () => (o) => o };\n',
  getterMake: `export default { name: "mine", options: ${n}, get make() { throw new Error("boom"); } };\n`,
};
