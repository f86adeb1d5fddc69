/** @file Completion scripts for shells. All completions are in the script, so that pressing Tab starts no process. */
import { shellQuoted } from "../files/shellWord.ts";
import { type Completable, isFlag, type Option } from "./args.ts";

/** A command, as completions use it. */
export interface Completed {
  readonly name: string;
  readonly about: string;
  readonly options: readonly Option[];
  readonly operand: Completable;
}

type Script = (program: string, commands: readonly Completed[]) => string;

/** Names of an option, without dashes; for a flag also the one that unsets it. */
const namesOf = (option: Option): readonly string[] =>
  isFlag(option) && option.letter === undefined ? [option.name, `no-${option.name}`] : [option.name];

const isFree = ({ values, path }: Completable): boolean => values === undefined && path === undefined;

/** Arguments of bash's `compgen` for a value. */
const bashWords = ({ values, path }: Completable): string =>
  [
    ...(path === undefined ? [] : [path === "directory" ? "-d" : "-f"]),
    ...(values === undefined ? [] : [`-W ${shellQuoted(values.join(" "))}`]),
  ].join(" ");

const bashCase = ({ name, options, operand }: Completed): readonly string[] => {
  const valued = options.filter((option) => !isFlag(option));
  const free = valued.filter(isFree).map(({ name }) => `--${name}`);
  const names = options.flatMap(namesOf).map((name) => `--${name}`);
  return [
    `      ${name})`,
    '        case "$before" in',
    ...valued
      .filter((option) => !isFree(option))
      .map((option) => `          --${option.name}) words=(${bashWords(option)}) ;;`),
    ...(free.length > 0 ? [`          ${free.join("|")}) ;;`] : []),
    `          *) if [[ $word == -* ]]; then words=(-W ${shellQuoted(names.join(" "))}); else words=(${bashWords(operand)}); fi ;;`,
    "        esac ;;",
  ];
};

const bash: Script = (program, commands) => {
  const names = commands.map(({ name }) => name).join(" ");
  return [
    `# Completions of ${program} for bash.`,
    `_${program}() {`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words=()',
    "  # bash splits --option=value into three words.",
    '  if [[ $word == "=" ]]; then word=""',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    '  elif [[ $before == "=" ]]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi',
    `  if ((COMP_CWORD == 1)); then words=(-W ${shellQuoted(`${names} help --help --version`)})`,
    "  else",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    '    case "${COMP_WORDS[1]}" in',
    `      help) words=(-W ${shellQuoted(names)}) ;;`,
    ...commands.flatMap(bashCase),
    "    esac",
    "  fi",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    '  local found=""; ((${#words[@]} > 0)) && found=$(compgen "${words[@]}" -- "$word")',
    "  local IFS=$'\\n'; COMPREPLY=($found)",
    "}",
    `complete -o filenames -F _${program} ${program}`,
    "",
  ].join("\n");
};

/** Action of zsh's `_arguments` for a value. */
const zshAction = ({ values, path }: Completable): string => {
  const files = path === "directory" ? "_files -/" : "_files";
  if (values === undefined) return path === undefined ? " " : files;
  const words = values.map((value) => value.replace(/[()\s:]/g, "\\$&")).join(" ");
  return path === undefined ? `(${words})` : `{ compadd -- ${words}; ${files} }`;
};

const zshSpecs = (option: Option): readonly string[] => {
  const { kind, help, value = "X" } = option;
  const escaped = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");
  return namesOf(option).map((name) =>
    shellQuoted(
      `${kind === "many" ? "*" : ""}--${name}${isFlag(option) ? "" : "="}[${escaped(help)}]${
        isFlag(option) ? "" : `:${escaped(value)}:${zshAction(option)}`
      }`,
    ),
  );
};

const zsh: Script = (program, commands) =>
  [
    `#compdef ${program}`,
    `# Completions of ${program} for zsh.`,
    `_${program}() {`,
    "  local -a commands",
    `  commands=(${commands.map(({ name, about }) => shellQuoted(`${name}:${about}`)).join(" ")})`,
    "  if ((CURRENT == 2)); then _describe command commands; return; fi",
    "  local command=$words[2]",
    "  shift words; ((CURRENT--))",
    "  case $command in",
    "    help) _describe command commands ;;",
    ...commands.map(({ name, options, operand }) =>
      [
        `    ${name}) _arguments`,
        ...options.flatMap(zshSpecs),
        ...(isFree(operand) ? [] : [shellQuoted(`:argument:${zshAction(operand)}`)]),
      ]
        .join(" \\\n      ")
        .concat(" ;;"),
    ),
    "  esac",
    "}",
    `compdef _${program} ${program}`,
    "",
  ].join("\n");

/** A word in single quotes for fish, which interprets backslashes inside them. */
const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

/** Options of fish's `complete` for a value; `-x` excludes files. */
const fishValues = ({ values = [], path }: Completable): string => {
  const words = path === "directory" ? [...values, "(__fish_complete_directories)"] : values;
  return [
    path === "file" ? "-r -F" : "-x",
    ...(words.length > 0 ? [`-a ${fishQuoted(words.join(" "))}`] : []),
  ].join(" ");
};

const fish: Script = (program, commands) =>
  [
    `# Completions of ${program} for fish.`,
    `complete -c ${program} -f`,
    ...commands.flatMap(({ name, about, options, operand }) => {
      const within = `complete -c ${program} -n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${fishQuoted(about)}`,
        ...options.flatMap((option) =>
          namesOf(option).map(
            (name) =>
              `${within} -l ${name}${isFlag(option) ? "" : ` ${fishValues(option)}`} -d ${fishQuoted(option.help)}`,
          ),
        ),
        ...(isFree(operand) ? [] : [`${within} ${fishValues(operand).replace(/^-[rx]/, "")}`]),
      ];
    }),
    "",
  ].join("\n");

/** A script for each shell, which the shell evaluates when it starts. */
export const completionScripts = { bash, zsh, fish } as const satisfies Readonly<Record<string, Script>>;
