import { deepEqual, match, throws } from "node:assert/strict";
import { Command } from "commander";
import { readData, withVariables } from "./arguments.ts";
import { CliError } from "./cli_error.ts";

function variables(...args: string[]): Record<string, string> {
  const command = withVariables(new Command()).exitOverride().configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts().var;
}

Deno.test("--var takes NAME=VALUE, the value with any characters", () => {
  deepEqual(variables("--var", "a=1", "--var", "b=x=y", "--var", "c="), { a: "1", b: "x=y", c: "" });
  deepEqual(variables(), {});
});

Deno.test("--var refuses what has no name, and a name given twice", () => {
  throws(() => variables("--var", "novalue"), /Write NAME=VALUE/);
  throws(() => variables("--var", "=x"), /Write NAME=VALUE/);
  throws(() => variables("--var", "a=1", "--var", "a=2"), /"a" is given twice/);
});

Deno.test("--data takes a JSON object, or a file with one", () => {
  deepEqual(readData('{"a": [1]}'), { a: [1] });
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(file, '{"b": true}');
    deepEqual(readData(`@${file}`), { b: true });
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("--data refuses anything else, with the place", () => {
  const message = (argument: string) => {
    try {
      readData(argument);
    } catch (error) {
      return error instanceof CliError ? error.message : String(error);
    }
    return "accepted";
  };
  match(message('{"a": 1,}'), /^--data:1:9: Cannot read the data: /);
  match(message('{\n  "a": }'), /^--data:2:8: Cannot read the data: /);
  match(message('{"a":'), /^--data:1:6: Cannot read the data: /);
  match(message("[1]"), /must be a JSON object like .*, received a list$/);
  match(message("null"), /received null$/);
  match(message('"text"'), /received a string$/);
  match(message(""), /^--data:1:1: /);
  match(message("@/no/such/file"), /^Cannot read --data from \/no\/such\/file: /);
});
