/** @file The texts of hostile modules, by kind and name. */

/** An estimator with the range of the moment, which answers or acts otherwise at its 12th tensor. */
export const answers = (act) => `import * as rx from "rxjs";
let tensors = 0;
export default (observed$) => observed$.pipe(rx.map((stat) => {
  const range = { lo: stat.min, hi: stat.max };
  if (++tensors === 12) { ${act} }
  return range;
}));
`;
const gives = (range) => answers(`return ${range};`);
/** A projection onto the tensor itself, which gives otherwise what is said. */
const projects = (otherwise) => `let calls = 0;
export default { name: "mine", follows: "range", project: (x, how) => {
  const fine = { values: x.slice(), clipped: 0 };
  if (++calls < 4) return fine;
  ${otherwise}
} };
`;
const projected = (result) => projects(`return { ...fine, ${result} };`);
const transforms = (otherwise) => `let calls = 0;
const transform = (w) => {
  const fine = { values: w.slice(), range: { lo: -1, hi: 1 }, pullback: (dy) => ({ dw: dy.slice() }) };
  if (++calls < 4) return fine;
  ${otherwise}
};
export default (base) => ({ ...base, transform: { name: "mine", roles: ["weight"], integerBits: [], transform } });
`;
const chooses = (result) => `export default (base, role) => (${result});\n`;
const learns = (
  part,
) => `const fine = { name: "mine", roles: ["activation"], parameter: "step", sign: "signed", residual: true,
  start: () => 1, range: (a) => ({ lo: -Math.abs(a), hi: Math.abs(a) }), gradientScale: () => 1,
  learning: { optimizer: "network", decays: false, keep: (v) => v } };
export default (base) => ({ ...base, rounding: "nearest", learned: { ...fine, ${part} } });
`;
const rules = (quantization) => `export default { quantization: ${quantization} };\n`;
const trains = (training) => `export default { training: ${training} };\n`;
const loop = "for (;;);";

export const estimators = {
  getterLo: gives('{ get lo() { throw new Error("boom"); }, hi: 1 }'),
  getterHi: gives("{ lo: 0, get hi() { throw 7; } }"),
  proxyGet: gives('new Proxy({}, { get() { throw new Error("boom"); } })'),
  proxyAll: gives(
    "new Proxy({ lo: 0, hi: 1 }, { get() { return this; }, has() { throw 1; }, ownKeys() { throw 2; } })",
  ),
  undefinedRange: gives("undefined"),
  nullRange: gives("null"),
  nan: gives("{ lo: NaN, hi: 1 }"),
  infinite: gives("{ lo: -Infinity, hi: Infinity }"),
  reversed: gives("{ lo: 1, hi: -1 }"),
  texts: gives('{ lo: "0", hi: "1" }'),
  bigints: gives("{ lo: 0n, hi: 1n }"),
  symbols: gives('{ lo: Symbol("a"), hi: 1 }'),
  aFunction: gives("() => range"),
  aPromise: gives("Promise.resolve(range)"),
  huge: gives("{ lo: -3e38, hi: 3e38 }"),
  nanChannels: gives("{ ...range, channels: [NaN] }"),
  oddChannels: gives("{ ...range, channels: 5 }"),
  endlessChannels: gives("{ ...range, channels: { [Symbol.iterator]: function* () { for (;;) yield 1; } } }"),
  completes:
    "import { take, map } from 'rxjs';\nexport default (o) => o.pipe(take(1), map((s) => ({ lo: s.min, hi: s.max })));\n",
  throws: answers('throw new Error("boom");'),
  throwsUndefined: answers("throw undefined;"),
  throwsBare: answers("throw Object.create(null);"),
  throwsProxy: answers("throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });"),
  throwsTrap: answers(
    'throw Object.defineProperty(new Error(""), "message", { get() { throw new Error("inner"); } });',
  ),
  throwsMegabyte: answers('throw new Error("x".repeat(1e6));'),
  never: "import { ignoreElements } from 'rxjs';\nexport default (o) => o.pipe(ignoreElements());\n",
  timerThrows: answers('setTimeout(() => { throw new Error("boom"); });'),
  timerThrowsUndefined: answers("setTimeout(() => { throw undefined; });"),
  rejects: answers('Promise.reject(new Error("boom"));'),
  asyncThrows: answers('(async () => { await 1; throw new Error("boom"); })();'),
  loops: answers(loop),
  timerLoops: `setTimeout(() => { ${loop} }, 20);\n${answers("")}`,
  loopsAtFirst: `export default (o) => { ${loop} };\n`,
  leaves: answers("process.exit(0);"),
  leaves3: answers("process.exit(3);"),
  floods:
    "import { of } from 'rxjs';\nexport default () => of(...Array.from({ length: 5000 }, () => ({ lo: 0 }))); \n",
  floodsForEver:
    "import { Observable } from 'rxjs';\nexport default () => new Observable((ranges) => { while (!ranges.closed) ranges.next({ lo: -1, hi: 1 }); });\n",
  rawObserver: `import { Observable } from "rxjs";
export default (observed$) => new Observable((ranges) => observed$.subscribe((stat) => { ranges.next({ lo: stat.min, hi: stat.max }); throw new Error("boom"); }));
`,
  teardown: `import { Observable } from "rxjs";
export default (observed$) => new Observable((ranges) => { observed$.subscribe((s) => ranges.next({ lo: s.min, hi: s.max })); return () => { throw new Error("boom"); }; });
`,
  answersText:
    "import { map } from 'rxjs';\nexport default Object.assign((o) => o.pipe(map((s) => { s.measure('q', () => ['a']); return { lo: s.min, hi: s.max }; })), { measures: 'waiting' });\n",
  answersNothing:
    "import { map } from 'rxjs';\nexport default Object.assign((o) => o.pipe(map((s) => { s.measure('q', () => undefined); return { lo: s.min, hi: s.max }; })), { measures: 'waiting' });\n",
  measuresGetter:
    "export default Object.defineProperty((o) => o, 'measures', { get() { throw new Error('boom'); } });\n",
  measuresOdd:
    "import { map } from 'rxjs';\nexport default Object.assign((o) => o.pipe(map((s) => ({ lo: s.min, hi: s.max }))), { measures: 5 });\n",
  thenable: `export const then = () => {};\n${answers("")}`,
  thenableThrows: 'export const then = () => { throw new Error("boom"); };\nexport default 1;\n',
  importThrows: 'throw new Error("boom");\n',
  importThrowsNull: "throw null;\n",
  importLoops: loop,
  importLeaves: "process.exit(0);\n",
  importNever: "await new Promise(() => {});\nexport default 1;\n",
  syntax: "export default ((;\n",
  nothing: "export const a = 1;\n",
  aClass: "export default class { constructor() { this.a = 1; } }\n",
  anExportedPromise: "export default Promise.resolve((o) => o);\n",
  applyTrap: 'export default new Proxy((o) => o, { apply() { throw new Error("boom"); } });\n',
  oddObservable: 'export default () => ({ lift() {}, subscribe() { throw new Error("boom"); } });\n',
  getterDefault: 'module.exports = { get default() { throw new Error("boom"); }, __esModule: true };\n',
};

/** These change no bit. */
export const harmless = {
  cyclic: answers("range.self = range;"),
  leftTimer: `setInterval(() => {}, 1000);\n${answers("")}`,
  leftSocket: `import { createServer } from "node:net";\ncreateServer().listen(0);\n${answers("")}`,
  writesStat: answers("stat.min = -100; stat.max = 100; stat.count = 7; stat.nonFinite = 3;"),
  deletesStat: answers("delete stat.min; delete stat.count; Object.freeze(stat);"),
  changesLater:
    "import { map } from 'rxjs';\nlet last = {};\nexport default (o) => o.pipe(map((s) => { last.lo = NaN; last = { lo: s.min, hi: s.max }; return last; }));\n",
  sortsSample:
    "import { map } from 'rxjs';\nexport default Object.assign((o) => o.pipe(map((s) => { s.measure('sorted', ({ values }) => [values.sort()[0]]); return { lo: s.min, hi: s.max }; })), { measures: 'waiting' });\n",
  exitCode: answers("process.exitCode = 0;"),
};

export const quantizers = {
  throws: projects('throw new Error("boom");'),
  givesNothing: projects("return undefined;"),
  aPromise: projects("return Promise.resolve(fine);"),
  seven: projected("values: new Float32Array(7)"),
  none: projected("values: undefined"),
  doubles: projected("values: Float64Array.from(x)"),
  plainArray: projected("values: [...x]"),
  nan: projected("values: x.map(() => NaN)"),
  infinite: projected("values: x.map((v, i) => (i === 3 ? Infinity : v))"),
  hugeValues: projected("values: new Float32Array(5e7)"),
  clippedNan: projected("clipped: NaN"),
  clippedNegative: projected("clipped: -1"),
  clippedMany: projected("clipped: 1e9"),
  maskShort: projected("clipped: 1, gradientMask: new Int8Array(3)"),
  maskOdd: projected('clipped: 1, gradientMask: "all"'),
  bareIntegers: projected("integers: {}"),
  scaleZero: projected(
    "integers: { codes: new Int8Array(x.length), params: { bits: 8, qmin: -127, qmax: 127, scale: Float32Array.of(0), zeroPoint: Int32Array.of(0) } }",
  ),
  scaleNan: projected(
    "integers: { codes: new Int8Array(x.length), params: { bits: 8, qmin: -127, qmax: 127, scale: Float32Array.of(NaN), zeroPoint: Int32Array.of(0) } }",
  ),
  codesShort: projected(
    "integers: { codes: new Int8Array(1), params: { bits: 8, qmin: -127, qmax: 127, scale: Float32Array.of(1), zeroPoint: Int32Array.of(0) } }",
  ),
  getterValues: projects('return { get values() { throw new Error("boom"); }, clipped: 0 };'),
  aProxy: projects('return new Proxy(fine, { ownKeys() { throw new Error("boom"); }, get() { throw 5; } });'),
  loops: projects(loop),
  leaves: projects("process.exit(0);"),
  inEvaluation: projects('if (!how.training) throw new Error("boom"); return fine;'),
  noFollows: 'export default { name: "mine", project: (x) => ({ values: x, clipped: 0 }) };\n',
  noName: 'export default { follows: "range", project: (x) => ({ values: x.slice(), clipped: 0 }) };\n',
  getterProject: 'export default { get project() { throw new Error("boom"); }, follows: "range" };\n',
  exportProxy: 'export default new Proxy({}, { get() { throw new Error("boom"); }, has() { throw 1; } });\n',
  number: chooses("42"),
  chooseThrows: 'export default () => { throw new Error("boom"); };\n',
  chooseForWeightsThrows:
    'export default (base, role) => { if (role === "weight") throw new Error("boom"); return base; };\n',
  chooseNothingForWeights: 'export default (base, role) => (role === "weight" ? undefined : base);\n',
  bits9: chooses("{ ...base, bits: 9 }"),
  bitsText: chooses('{ ...base, bits: "8" }'),
  oddScheme: chooses('{ ...base, scheme: "odd" }'),
  oddRounding: chooses('{ ...base, rounding: "up" }'),
  nullEstimator: chooses("{ ...base, estimator: null }"),
  bareEstimator: chooses("{ ...base, estimator: { name: 5, estimator: 5 } }"),
  emptyProjection: chooses("{ ...base, projection: {} }"),
  emptyTransform: chooses("{ ...base, transform: {} }"),
  emptyLearned: chooses("{ ...base, learned: {} }"),
  quantizerProxy: chooses('new Proxy(base, { ownKeys() { throw new Error("boom"); } })'),
  transformThrows: transforms('throw new Error("boom");'),
  transformSeven: transforms("return { ...fine, values: new Float32Array(7) };"),
  transformNan: transforms("return { ...fine, values: w.map(() => NaN) };"),
  transformNothing: transforms("return null;"),
  noPullback: transforms("return { ...fine, pullback: undefined };"),
  pullbackThrows: transforms('return { ...fine, pullback: () => { throw new Error("boom"); } };'),
  pullbackSeven: transforms("return { ...fine, pullback: () => ({ dw: new Float32Array(7) }) };"),
  pullbackNothing: transforms("return { ...fine, pullback: () => undefined };"),
  transformRange: transforms("return { ...fine, range: { lo: NaN, hi: 1 } };"),
  transformLoops: transforms(loop),
};
export const activationQuantizers = {
  learnedNan: learns("range: () => ({ lo: NaN, hi: 1 })"),
  learnedThrows: learns('range: () => { throw new Error("boom"); }'),
  learnedStartThrows: learns('start: () => { throw new Error("boom"); }'),
  learnedStartText: learns('start: () => "one"'),
  learnedScale: learns("gradientScale: () => undefined"),
  learnedKeep: learns('learning: { optimizer: "network", decays: false, keep: () => NaN }'),
};

export const recipes = {
  nothing: "export default {};\n",
  aNumber: "export default 5;\n",
  anObject: rules("{}"),
  aNumberAsRule: rules("[5]"),
  nullAsPlan: rules("[{ weight: null }]"),
  getterRules: 'export default { get quantization() { throw new Error("boom"); } };\n',
  getterBits: rules('[{ weight: { get bits() { throw new Error("boom"); } } }]'),
  proxyRule: rules(
    '[new Proxy({ weight: {} }, { ownKeys() { throw new Error("boom"); }, get() { throw 1; } })]',
  ),
  exportedProxy: 'export default new Proxy({}, { get() { throw new Error("boom"); } });\n',
  cyclic:
    "const plan = { bits: 4 };\nplan.bits = plan;\nexport default { quantization: [{ weight: plan }] };\n",
  bigint: trains("{ lr: 2n }"),
  aFunction: trains("{ lr: () => 0.1 }"),
  aSymbol: trains('{ lr: Symbol("0.1") }'),
  nan: trains("{ lr: NaN }"),
  hugeArray: rules("Array.from({ length: 1e6 }, () => 5)"),
  sparseArray: rules("new Array(2 ** 32 - 1)"),
  hugeText: rules('[{ at: "8".repeat(1e7), weight: { bits: 4 } }]'),
  manyStars: rules('[{ at: "*a".repeat(500), weight: { bits: 4 } }]'),
  unknown: trains("{ colour: 5 }"),
  oddAccumulator: trains('{ accumulator: { bits: 1, overflow: "wrap" } }'),
  toJson: trains('{ lr: { toJSON() { throw new Error("boom"); } } }'),
  anExportedPromise: "export default Promise.resolve({ quantization: [] });\n",
  thenable: "export const then = () => {};\nexport default { quantization: [] };\n",
  importThrows: 'throw new Error("boom");\n',
  importLoops: loop,
  importLeaves: "process.exit(0);\n",
  chooserThrows: rules('[{ weight: { quantizer: () => { throw new Error("boom"); } } }]'),
  chooserLoops: rules("[{ weight: { quantizer: () => { for (;;); } } }]"),
  chooserGivesNothing: rules("[{ weight: { quantizer: () => undefined } }]"),
  chooserGivesOddBits: rules("[{ weight: { quantizer: (base) => ({ ...base, bits: 3.5 }) } }]"),
  estimatorWithoutName: rules("[{ gradient: { range: (x) => x } }]"),
};
