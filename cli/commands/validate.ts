import type { AddCommand } from "../cli.ts";
import { type Variables, withVariables } from "../arguments.ts";
import { checkScripts } from "../check/check_scripts.ts";
import { exitCodes } from "../exit_codes.ts";
import { loadFile } from "../load_file.ts";

/** `wfe validate FILE`: reads a workflow file and says what is wrong with it. */
export const addValidate: AddCommand = (program, { io }, exit) => {
  withVariables(program.command("validate"))
    .description("Check a workflow file")
    .argument("<file>", "workflow file")
    .option("--check", "type-check its scripts, too, by `deno check`")
    .action(async (file: string, options: { var: Variables; check?: true }) => {
      const definition = await loadFile(file, options.var, io);
      const { id, version, steps } = definition;
      const checked = options.check && await checkScripts(file, definition);
      const count = counted(steps.filter((step) => step.type !== "end").length, "step");
      const scripts = checked === undefined ? "" : `, ${counted(checked, "script")} checked`;
      io.stdout.write(`${file} is valid: workflow ${id}, version ${version}, ${count}${scripts}\n`);
      exit(exitCodes.complete);
    });
};

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
