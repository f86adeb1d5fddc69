/** @file `rangeflow completions`: a script with which a shell completes commands, options and values. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import type { Option } from "./args.ts";
import type { Command, CommandEntry } from "./command.ts";
import { type Completed, completionScripts } from "./completionScripts.ts";
import { operandIn } from "./operand.ts";

const shells = Object.keys(completionScripts);

/** Options of every command. */
const common: readonly Option[] = [
  { name: "version", letter: "v", kind: "flag", help: "show the version" },
  { name: "help", letter: "h", kind: "flag", help: "show this help" },
];

const completedOf = async ({ name, summary, load }: CommandEntry): Promise<Completed> => {
  const { options, operandValues = {} } = await load();
  return { name, about: summary, options: [...options, ...common], operand: operandValues };
};

/** @param commands all commands, including this one */
export const completionsCommand = (commands: readonly CommandEntry[]): Command => ({
  usage: shells.join("|"),
  details: [
    "bash, in ~/.bashrc: source <(rangeflow completions bash)",
    "zsh, in ~/.zshrc after compinit: source <(rangeflow completions zsh)",
    "fish, in ~/.config/fish/config.fish: rangeflow completions fish | source",
  ].join("\n"),
  operands: ["shell"],
  operandValues: { values: shells },
  options: [],
  run: async (given, { out }) => {
    const shell = operandIn(given, {
      ...{ command: "completions", what: "shell" },
      ...{ expected: `one of ${shells.join(", ")}`, usage: shells.join("|") },
    });
    if (!Object.hasOwn(completionScripts, shell))
      throw new RangeflowFailure(problem("rangeflow completions", `"${shell}"`, expectedName(shell, shells)));
    const script = completionScripts[shell as keyof typeof completionScripts];
    out(script("rangeflow", await Promise.all(commands.map(completedOf))));
    return 0;
  },
});
