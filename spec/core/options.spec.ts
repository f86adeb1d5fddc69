import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { declarationProblems } from "../../core/declaredOptions.ts";
import { decode, type GivenPairs } from "../../core/decodeOptions.ts";
import { endsInOrder, entry, namedIn, parseEntry } from "../../core/entry.ts";
import { describe, type Problem } from "../../core/errors.ts";
import { asFlags, flagOf, inText, type Spelling } from "../../core/optionSpelling.ts";
import { expectedOf, options, readOption, type Values, withDefaults } from "../../core/options.ts";
import { optionHelp, optionsText, valuesText } from "../../core/optionText.ts";

const test = suite("options");

const declared = options({
  decay: { type: "number", default: 0.9, least: 0, most: 1, help: "weight of the past" },
  length: { type: "integer", least: 1, help: "tensors that are remembered" },
  mirrored: { type: "boolean", default: false, help: "both ends alike" },
  reducer: { type: "choice", choices: ["max", "last"], default: "max", help: "which of them" },
  note: { type: "text", optional: true, help: "anything" },
});

/** Sums typed values: it does not compile unless each has the type of its option. */
const typed = ({ decay, length, mirrored, reducer, note }: Values<typeof declared>): string => {
  const numbers: number = decay + length;
  const isSet: boolean = mirrored;
  const which: "max" | "last" = reducer;
  const text: string | undefined = note;
  return [numbers, isSet, which, text ?? "none"].join(" ");
};

const sentences = (given: GivenPairs, spelling: Spelling): string | readonly string[] => {
  const decoded = decode(declared, given, spelling);
  return E.isLeft(decoded) ? decoded.left.map(describe) : typed(decoded.right);
};

test("texts and values become the types that are declared, and what is left out its default", () => {
  assert.is(sentences([["length", "3"]], inText("--range", "fold")), "3.9 false max none");
  const all: GivenPairs = [
    ["note", "x"],
    ["reducer", "last"],
    ["mirrored", "true"],
    ["length", 5],
    ["decay", 0],
  ];
  assert.is(sentences(all, asFlags("./mine.ts")), "5 true last x");
});

test("everything that is wrong is said at once, in the terms in which it was written", () => {
  const wrong: GivenPairs = [
    ["decya", "0.5"],
    ["decay", "2"],
    ["reducer", "min"],
    ["mirrored", true],
    ["mirrored", false],
  ];
  assert.equal(sentences(wrong, inText("--range", "fold")), [
    '--range: option "decya" of fold, expected decay.',
    "--range: fold:decay=2, expected decay=.. with a number from 0 to 1.",
    "--range: fold:reducer=min, expected reducer=.. with max or last.",
    "--range: mirrored given twice for fold, expected mirrored once.",
    "--range: fold without length, expected fold:length=...",
  ]);
  assert.equal(sentences(wrong, asFlags("./mine.ts")), [
    "--decya: an option that ./mine.ts does not have, expected --decay.",
    "--decay: 2, expected a number from 0 to 1.",
    "--reducer: min, expected max or last.",
    "--mirrored: given twice, expected a single value.",
    "./mine.ts: no --length, expected --length ..: tensors that are remembered.",
  ]);
});

test("an option takes what it declares and nothing else", () => {
  const { decay, length, mirrored, note } = declared;
  const cases = [
    [decay, "0.25", 0.25],
    [decay, 1, 1],
    [decay, "", undefined],
    [decay, "0x1", undefined],
    [decay, Number.NaN, undefined],
    [decay, true, undefined],
    [length, "1", 1],
    [length, "1.5", undefined],
    [length, 1.5, undefined],
    [length, 2 ** 60, undefined],
    [length, "0", undefined],
    [mirrored, "yes", undefined],
    [note, 3, undefined],
    [{ type: "number", help: "" }, "1e999", undefined],
    [{ type: "number", help: "" }, Number.POSITIVE_INFINITY, undefined],
  ] as const;
  for (const [option, given, expected] of cases)
    assert.is(readOption(option, given), expected, `${String(given)} of ${expectedOf(option)}`);
});

test("names that every object has are unknown", () => {
  for (const name of ["toString", "__proto__", "constructor"])
    assert.match(
      sentences(
        [
          ["length", 1],
          [name, "1"],
        ],
        inText("x", "fold"),
      )[0] as string,
      `"${name}"`,
    );
});

test("in code the same defaults hold", () => {
  assert.is(typed(withDefaults(declared, { length: 2 })), "2.9 false max none");
  assert.is(typed(withDefaults(declared, { length: 2, decay: undefined })), "2.9 false max none");
});

test("in code values are checked as on the command line, all at once, with the name of whose they are", () => {
  const refusal = (given: () => unknown): string => {
    try {
      given();
      return "accepted";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(
    // @ts-expect-error length has no default and is not optional
    refusal(() => withDefaults(declared, {}, "fold")),
    "fold: no length, expected length: an integer from 1.",
  );
  assert.is(
    // @ts-expect-error decay is a number, and there is no such choice
    refusal(() => withDefaults(declared, { length: 2.5, decay: "0.5", reducer: "min" }, "fold")),
    [
      'fold: decay "0.5", expected a number from 0 to 1.',
      "fold: length 2.5, expected an integer from 1.",
      'fold: reducer "min", expected max or last.',
    ].join("\n"),
  );
  for (const decay of [Number.NaN, Number.POSITIVE_INFINITY, -0.1])
    assert.is(
      refusal(() => withDefaults(declared, { length: 2, decay }, "fold")),
      `fold: decay ${decay}, expected a number from 0 to 1.`,
    );
  const inherited = options({ toString: { type: "number", default: 1, help: "a name that objects have" } });
  assert.is(withDefaults(inherited, {} as never).toString, 1);
});

test("help and tables say type, bounds and default", () => {
  assert.is(optionsText(declared), "decay=0.9,length,mirrored=false,reducer=max,note");
  assert.is(optionHelp(declared.decay), "weight of the past: a number from 0 to 1 [0.9]");
  assert.is(optionHelp(declared.length), "tensors that are remembered: an integer from 1 (required)");
  assert.is(optionHelp(declared.note), "anything: a text [none]");
  assert.is(expectedOf({ type: "number", most: 4, help: "" }), "a number up to 4");
  assert.is(valuesText({ decay: 0.5, note: undefined, mirrored: true }), "decay=0.5,mirrored=true");
  assert.is(flagOf("maxLength"), "--max-length");
});

test("an entry makes of a text what its name and options say", () => {
  const ends = entry({
    name: "between",
    summary: "a range",
    source: "",
    options: {
      lo: { type: "number", optional: true, help: "lower end" },
      hi: { type: "number", optional: true, help: "upper end" },
    },
    clash: endsInOrder("between", "lo", "hi"),
    make: ({ lo = 0, hi = 0 }) => hi - lo,
  });
  const read = parseEntry("range", [ends])("--range");
  const said = (text: string): number | readonly string[] =>
    E.foldW(
      (problems: readonly Problem[]) => problems.map(describe),
      (width: number) => width,
    )(read(text));
  assert.is(said("between"), 0);
  assert.is(said("between:lo=-1,hi=1.5"), 2.5);
  assert.equal(said("betwen"), ['--range: range "betwen", expected between.']);
  assert.equal(said("between:lo=2,hi=1"), ["--range: between:lo=2,hi=1, expected both ends, with lo <= hi."]);
  assert.equal(said("between:lo=2"), ["--range: between:lo=2, expected both ends, with lo <= hi."]);
  assert.equal(said("between:lo"), ["--range: between:lo, expected lo=.. with a number."]);
  assert.equal(namedIn("a:b=c=d,e"), {
    name: "a",
    given: [
      ["b", "c=d"],
      ["e", undefined],
    ],
  });
});

test("what a file declares wrongly is said by its name", () => {
  const said = (declaration: unknown, taken?: readonly string[]): readonly string[] =>
    declarationProblems("./fold.ts", declaration, taken).map(describe);
  const help = "x";
  assert.equal(said(declared), []);
  assert.equal(said([]), ["./fold.ts: options [], expected an object with an option for each name."]);
  const cases: readonly (readonly [unknown, string])[] = [
    [3, '3, expected an object such as { type: "number", default: 1, help: ".." }.'],
    [{ type: "numbr", help }, 'type "numbr", expected number.'],
    [{ type: "number" }, "help undefined, expected a text that says what it does."],
    [{ type: "number", help, default: "1" }, 'default "1", expected a number.'],
    [{ type: "number", help, default: 2, most: 1 }, "default 2, expected a number up to 1."],
    [{ type: "integer", help, least: 2, most: 1 }, "least 2 above most 1, expected least <= most."],
    [{ type: "number", help, least: "0" }, 'least "0", expected a number.'],
    [{ type: "choice", help, choices: [] }, "choices [], expected an array of words."],
    [
      { type: "text", help, default: "a", optional: true },
      "both a default and optional, expected one of the two.",
    ],
  ];
  for (const [option, sentence] of cases)
    assert.equal(said({ length: option }), [`./fold.ts, option "length": ${sentence}`]);
  const one = { type: "number", default: 1, help };
  assert.equal(said({ "a-b": one }), [
    './fold.ts, option "a-b": an invalid name, expected a letter, then letters and digits, such as maxLength.',
  ]);
  assert.equal(said({ epochs: one }, ["epochs"]), [
    './fold.ts, option "epochs": the flag --epochs, which the commands already have, expected another name; it would hide theirs.',
  ]);
});

test.run();
