/** @file The process of `npm run bench`. */
import { runProgram } from "../cli/program.ts";
import { runProcess } from "../cli/runProcess.ts";
import { benchCommand } from "./benchCommand.ts";

const program = { name: "npm run", about: "Measurements of this repository.", commands: [benchCommand] };

await runProcess("npm run bench", (args, terminal) => runProgram(program, ["bench", ...args], terminal));
