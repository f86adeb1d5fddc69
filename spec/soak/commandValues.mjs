/** @file Values for random command lines: for each kind good ones, and texts near to them, with an oracle that tells them apart. */

/** Draws from a seed, by mulberry32. */
export const randomOf = (seed) => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return {
    pick: (list) => list[below(list.length)],
    chance: (share) => next() < share,
    upTo: (n) => below(n + 1),
    below,
  };
};

const oddTexts = [
  ...[
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "undefined",
    "null",
    "true",
    "0x8",
    "08",
    "8e0",
    " 8",
    "8 ",
    "1_000",
    "-1",
    "-0",
    "1/2",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "*",
    "**",
    "../..",
    "a\u0000b",
    "\u001b[31m",
    "ünï",
    "💥",
    "[object Object]",
    "--",
    "=",
    ";",
    ",",
  ],
  ...["x".repeat(20_000), "9".repeat(400), "(((((", ")))", ":::", "//", "1,2", "{}"],
];

/** A text near to another one: a letter put in, left out, changed or doubled. */
const near = (text, { pick, below }) => {
  const at = below(text.length + 1);
  const letter = pick([..."0189.-+eExX /:,=()aZ_ "]);
  return pick([
    text.slice(0, at) + letter + text.slice(at),
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + letter + text.slice(at + 1),
    text + text,
    text.toUpperCase(),
  ]);
};

/** A kind of value: good ones by themselves, near ones and odd ones by the oracle; `isTame` keeps runs short. */
const kind =
  (good, isGood, isTame = () => true) =>
  (random) => {
    for (;;) {
      const text = random.chance(0.5)
        ? random.pick(good)
        : random.chance(0.6)
          ? near(random.pick(good), random)
          : random.pick(oddTexts);
      const isNonsense = !isGood(text);
      if (isNonsense || isTame(text)) return { text, isNonsense };
    }
  };

const isWhole = (text) => /^(0|[1-9]\d{0,14})$/.test(text);
const isReal = (text) =>
  /^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(+text);
const count = (least) =>
  kind(
    ["1", "2", "5", "16"],
    (text) => isWhole(text) && +text >= least,
    (text) => +text < 1000,
  );
const real = (good, isIn) => kind(good, (text) => isReal(text) && isIn(+text));
const oneOf = (...names) => kind(names, (text) => names.includes(text));

const isBits = (text) => /^([2-8]|32)\/([2-8]|32)\/([2-8]|32)$/.test(text);
const triples = ["8/8/8", "4/4/4", "32/32/32", "2/8/8"];

/** Names with options; what has other letters in its name is no name. */
const named = (good, names) => (random) => {
  if (random.chance(0.6)) return { text: random.pick(good), isNonsense: false };
  const text = random.pick([
    `q${random.pick(good)}`,
    `${random.pick(names)}:qq=1`,
    `${random.pick(names)}:`,
    "./not-there.ts",
    ...oddTexts,
  ]);
  return { text, isNonsense: true };
};

const estimator = named(
  [
    "inHindsight",
    "currentMinMax",
    "runningMinMax",
    "fixed:lo=-1,hi=1",
    "inHindsight:decay=0.5",
    "inHindsight(percentile:low=5)",
    "delayedScaling",
  ],
  ["inHindsight", "currentMinMax", "fixed"],
);
const quantizer = named(
  ["uniform", "powerOfTwo", "uniform:scheme=symmetric", "luq"],
  ["uniform", "muLaw", "lsq"],
);
const rule = (value) => (random) => {
  const { text, isNonsense } = value(random);
  const pattern = random.pick(["conv1/*", "*/gradient", "*", "dense*"]);
  return random.chance(0.85)
    ? { text: `${pattern}=${text}`, isNonsense }
    : { text: random.pick(["conv1", "=8", "nowhere/*=8"]), isNonsense: true };
};
const width = kind(["2", "4", "8", "32"], (text) => /^([2-8]|32)$/.test(text));
const models = [
  "lenet5",
  "resnet20",
  "mobileNetV2",
  "preactResnet",
  "vgg16",
  "resnet18",
  "mobileNetV1",
  "edsr",
  "centerDetector",
];

export const kinds = {
  flag: kind(["", "true", "false"], (text) => ["", "true", "false"].includes(text)),
  model: oneOf(...models),
  trained: kind(
    ["lenet5", "resnet20", "vgg16"],
    (text) => models.includes(text),
    (text) => /^(lenet5|resnet20|vgg16)$/.test(text),
  ),
  positive: real(["0.5", "1", "1e-3", "10"], (x) => x > 0),
  notNegative: real(["0", "0.5", "1e-4"], (x) => x >= 0),
  unit: real(["0", "0.5", "0.9"], (x) => x >= 0 && x < 1),
  rate: real(["0.02", "0.001", "1e-3"], (x) => x > 0),
  // A width is for few models, so that what is good for one is refused for lenet5; what no memory could hold is nonsense.
  scale: kind(["0.25", "0.5", "1e6", "1e300", "2000"], () => false),
  count0: count(0),
  count1: count(1),
  side: kind(["1", "3", "32", "64", "1000"], (text) => isWhole(text) && +text > 0),
  threads: kind(
    ["auto", "1", "2"],
    (text) => text === "auto" || (isWhole(text) && +text >= 1 && +text <= 64),
    (text) => text === "auto" || +text <= 4,
  ),
  engine: kind(["auto", "simd", "reference"], (text) => ["auto", "simd", "gpu", "reference"].includes(text)),
  bits: kind(triples, isBits),
  bitsOrSame: kind([...triples, "same"], (text) => text === "same" || isBits(text)),
  widthOrSame: kind(["same", "8", "32"], (text) => text === "same" || /^([2-8]|32)$/.test(text)),
  accumulator: kind(
    ["exact", "16:wrap", "24:saturate:all"],
    (text) => text === "exact" || /^([2-9]|[12]\d|3[01]):(wrap|saturate)(:all)?$/.test(text),
  ),
  estimator,
  quantizer,
  recipe: named(["none", "lbt", "float32", "currentMinMax", "lsq:bits=3"], ["lbt", "niti"]),
  bitsRule: rule(width),
  rangeRule: rule(estimator),
  quantizerRule: rule(quantizer),
  seeds: kind(
    ["1", "2", "4,7", "3-4"],
    (text) => /^(\d{1,4}|\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)+|\d{1,15}-\d{1,15})$/.test(text),
    (text) => ["1", "2", "4,7", "3-4"].includes(text),
  ),
  assignment: named(
    ["bits=8/8/8", "lr=0.02", "bits=4/4/4", "lr=0.02,0.05"],
    ["bits", "qq=1", "lr=0x1", "bits=1/2"],
  ),
  glob: kind(["*", "conv1/*", "*/gradient", `${"*a".repeat(500)}X`], () => true),
  path: kind(["/nowhere", "/dev/null", "."], () => false),
  data: kind(["glyphs", "mnist", "glyphsX2"], (text) =>
    [
      "glyphs",
      "mnist",
      "cifar10",
      "tinyImageNet",
      "glyphsX2",
      "tinyImageNetX2",
      "scenes",
      "tinyImageNetBoxes",
    ].includes(text),
  ),
  optimizer: oneOf("sgd", "adam", "blaq", "niti", "direct"),
  schedule: oneOf("constant", "cosine", "step"),
  dclrs: oneOf("none", "layer", "network"),
  barrierOn: oneOf("weights", "all"),
  nothing: kind(["qq", "trane", ""], () => false),
};

export const settingKinds = {
  ...{
    recipe: "recipe",
    model: "trained",
    width: "scale",
    data: "data",
    bits: "bits",
    "weight-gradient-bits": "widthOrSame",
  },
  ...{
    "first-bits": "bitsOrSame",
    "last-bits": "bitsOrSame",
    "weight-range": "estimator",
    "activation-range": "estimator",
  },
  ...{ "gradient-range": "estimator", "weight-quantizer": "quantizer", "activation-quantizer": "quantizer" },
  ...{
    "gradient-quantizer": "quantizer",
    "bits-at": "bitsRule",
    "range-at": "rangeRule",
    "quantizer-at": "quantizerRule",
  },
  ...{ "per-channel": "flag", accumulator: "accumulator", barrier: "notNegative", "barrier-on": "barrierOn" },
  ...{
    "barrier-bound": "positive",
    "barrier-growth": "positive",
    constraint: "notNegative",
    "constraint-lr": "positive",
  },
  ...{
    epochs: "count1",
    batch: "count1",
    optimizer: "optimizer",
    "trial-every": "count1",
    "trial-mix": "unit",
    lr: "rate",
  },
  ...{
    "quantizer-lr": "notNegative",
    schedule: "schedule",
    dclrs: "dclrs",
    warmup: "count0",
    momentum: "unit",
  },
  ...{ nesterov: "flag", "weight-decay": "notNegative", smoothing: "unit", augment: "flag", limit: "count1" },
  ...{ "test-limit": "count1", seed: "count0", engine: "engine", threads: "threads", "sqnr-every": "count0" },
  ...{ "histogram-every": "count0", "checkpoint-seconds": "notNegative", patience: "positive", json: "flag" },
};
