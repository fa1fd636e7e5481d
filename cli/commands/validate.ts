import type { AddCommand } from "../cli.ts";
import { type Variables, withVariables } from "../arguments.ts";
import { exitCodes } from "../exit_codes.ts";
import { loadFile } from "../load_file.ts";

/** `wfe validate FILE`: reads a workflow file and says what is wrong with it. */
export const addValidate: AddCommand = (program, { io }, exit) => {
  withVariables(program.command("validate"))
    .description("Check a workflow file")
    .argument("<file>", "workflow file")
    .action(async (file: string, options: { var: Variables }) => {
      const { id, version, steps } = await loadFile(file, options.var, io);
      const count = steps.filter((step) => step.type !== "end").length;
      io.stdout.write(
        `${file} is valid: workflow ${id}, version ${version}, ${count} ${count === 1 ? "step" : "steps"}\n`,
      );
      exit(exitCodes.complete);
    });
};
