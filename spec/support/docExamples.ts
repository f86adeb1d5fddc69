/**
 * @file The `@example` blocks of the sources as programs.
 *
 * A comment behind a statement is what its value is: `nameOf(f); // "f"`, and so is one behind `const x = ..; // 3`. A stream's value is
 * the list of what it emits, a promise's what comes of it, a typed array's the list of its numbers; numbers may differ by a millionth.
 * Names that an example does not import come from where the package exports them, and from RxJS. What stands behind
 * `@example not run: why` is compiled only.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as rxjs from "rxjs";

export interface DocExample {
  /** File and line at which it begins. */
  readonly where: string;
  /** Reason why it is not run, if it is not. */
  readonly notRun: string | undefined;
  readonly code: string;
}

const floors = ["core", "quantizers", "operators", "models", "pipelines"] as const;

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map((file) => join(folder, String(file)))
    .filter(
      (file) => file.endsWith(".ts") && !file.includes("assembly") && !file.includes("pipelines/bench"),
    );

/** The examples in the docs of a text. */
const examplesIn = (file: string, text: string): readonly DocExample[] => {
  const lines = text.split("\n");
  const examples: DocExample[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [tag, notRun] = /^\s*\* @example(?: not run: (.*))?\s*$/.exec(lines[i] as string) ?? [];
    if (tag === undefined) continue;
    const code: string[] = [];
    for (let j = i + 1; j < lines.length && !/^\s*\*(\/| @\w+)/.test(lines[j] as string); j++)
      code.push((lines[j] as string).replace(/^\s*\* ?/, ""));
    examples.push({ where: `${file}:${i + 1}`, notRun, code: code.join("\n").trim() });
  }
  return examples;
};

/** Every example of the package's sources. */
export const docExamples = (): readonly DocExample[] =>
  floors.flatMap(sourcesIn).flatMap((file) => examplesIn(file, readFileSync(file, "utf8")));

const declaration = /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm;
const passedOn = /^export (?:type )?(\*|\{[^}]*\}) from "(\.[^"]+)"/gm;

/** The names that a file exports, those of the files that it passes on among them. */
const namesOf = (file: string): readonly string[] => {
  const text = readFileSync(file, "utf8");
  const own = [...text.matchAll(declaration)].map(([, name]) => name as string);
  const others = [...text.matchAll(passedOn)].flatMap(([, what = "", from = ""]) =>
    what === "*" ? namesOf(join(dirname(file), from)) : (what.match(/\w+(?=\s*[,}])/g) ?? []),
  );
  return [...own, ...others];
};

/** The entrances of the package, by subpath, each with the source of its table of contents. */
const entrances = (): readonly (readonly [subpath: string, contents: string])[] => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === "string" || subpath === "."
      ? []
      : [[subpath.slice(2), target.types.replace(/^\.\/dist\//, "").replace(/\.d\.ts$/, ".ts")] as const],
  );
};

/** Entrance that each exported name comes from: of several, the one that the package names first. */
const exported = (): ReadonlyMap<string, string> => {
  const ofRxjs = Object.keys(rxjs).filter((name) => name !== "default");
  return new Map([
    ...[...ofRxjs, "OperatorFunction"].map((name) => [name, "rxjs"] as const),
    ...entrances()
      .toReversed()
      .flatMap(([subpath, contents]) =>
        namesOf(contents).map((name) => [name, `rangeflow/${subpath}`] as const),
      ),
  ]);
};

/** Whether an example has a name of its own making. */
const declares = (code: string, name: string): boolean =>
  new RegExp(
    `\\b(?:const|let|function\\*?|class|interface|type)\\s+${name}\\b|\\b(?:const|let) [{[][^=]*\\b${name}\\b[^=]*[}\\]] =|import [^;]*\\b${name}\\b`,
  ).test(code);

const withoutTexts = (code: string): string =>
  code.replace(/\/\/.*$/gm, "").replace(/"(?:[^"\\\n]|\\.)*"/g, '""');

/** The imports of names that an example uses without saying from where. */
const importsFor = (code: string, from: ReadonlyMap<string, string>): string => {
  const used = new Set(withoutTexts(code).match(/(?<![\w$])(?<!(?<!\.\.)\.)[A-Za-z_]\w*/g) ?? []);
  const wanted = new Map<string, string[]>();
  for (const name of used) {
    const source = from.get(name);
    if (source !== undefined && !declares(code, name))
      wanted.set(source, [...(wanted.get(source) ?? []), name]);
  }
  return [...wanted].map(([source, names]) => `import { ${names.join(", ")} } from "${source}";\n`).join("");
};

interface Statement {
  readonly text: string;
  /** The comment behind it. */
  readonly comment: string | undefined;
}

/** Statements with the comments behind them: a statement ends with a line on which all brackets are closed again. */
const statementsIn = (code: string): readonly Statement[] => {
  const statements: Statement[] = [];
  let [lines, depth] = [[] as string[], 0];
  for (const line of code.split("\n")) {
    const bare = withoutTexts(line).replace(/`[^`]*`/g, "``");
    for (const letter of bare) depth += "([{".includes(letter) ? 1 : ")]}".includes(letter) ? -1 : 0;
    lines.push(line);
    if (depth > 0 || (/^\s*$|^\s*\/\//.test(line) && lines.length === 1)) {
      if (depth === 0) {
        statements.push({ text: line, comment: undefined });
        lines = [];
      }
      continue;
    }
    const [, text = line, comment] = /^(.*?[;})])\s+\/\/ (.*)$/.exec(line) ?? [];
    if (/[;}]\s*$/.test(text) || comment !== undefined) {
      statements.push({ text: [...lines.slice(0, -1), text].join("\n"), comment });
      lines = [];
    }
  }
  return lines.length === 0 ? statements : [...statements, { text: lines.join("\n"), comment: undefined }];
};

const checked = ({ text, comment }: Statement, where: string): string => {
  if (comment === undefined) return text;
  const call = (value: string): string =>
    `await isValue(${JSON.stringify(where)}, ${value}, ${JSON.stringify(comment)});`;
  const [, name] = /^const (\w+)/.exec(text) ?? [];
  return name === undefined ? call(`(${text.replace(/;\s*$/, "")})`) : `${text}\n${call(name)}`;
};

/** The text of a program for each example, which checks what the comments say. */
export const programs = (examples: readonly DocExample[], checker: string): readonly string[] => {
  const from = exported();
  return examples.map(({ code, where }) => {
    const imports = importsFor(code, from);
    const body = statementsIn(code).map((statement) => checked(statement, where));
    return `import { isValue } from ${JSON.stringify(checker)};\n${imports}${body.join("\n")}\nexport {};\n`;
  });
};
