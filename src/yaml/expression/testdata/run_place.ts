import { equal } from "node:assert/strict";
import { compileShellText } from "../shell_text.ts";
import type { ShellPlace } from "./shell_places.ts";

/**
 * The values are arguments, so that one process serves them all and none of those that it starts has to carry them.
 * What a value prints goes to standard output, with a NUL behind it. Ends with the first value that runs as code.
 */
const DRIVER = (place: string) => `
wfe_index=0
for wfe_value in "$@"; do
  set --
  WFE_EXPR_1=$wfe_value WFE_EXPR_2=$wfe_value WFE_EXPR_3=$wfe_value WFE_EXPR_4=$wfe_value WFE_EXPR_5=$wfe_value
  WFE_EXPR_6=$wfe_value
  ${place} 2>../errors </dev/null 3>&-
  printf '\\0'
  [ -e pwned ] && echo "$wfe_index" >&3 && exit
  wfe_index=$((wfe_index + 1))
done
echo "$wfe_index values" >&3
`;

/** What a script may do to the shell that runs it, so that it needs one of its own for each value. */
const CHANGES_SHELL = /\b(?:exec|exit|shift|readonly|coproc|command_not_found_handle)\b|HOME=/;

/**
 * Compiles the script of a place and runs it with each value in a real shell. Fails when a value was run as code, or
 * did not arrive as it was.
 */
export async function runPlace(
  place: ShellPlace,
  shell: "bash" | "sh",
  values: readonly string[],
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wfe-place-" });
  try {
    await Deno.mkdir(`${folder}/work/files`, { recursive: true });
    await Deno.writeTextFile(`${folder}/work/place.sh`, compileShellText(place.text, shell).text);
    const script = DRIVER(CHANGES_SHELL.test(place.text) ? "( . ./place.sh )" : ". ./place.sh");
    const { code, stderr } = await new Deno.Command(shell, {
      args: ["-c", `{ ${script} } 3>../ran >../out`, shell, ...values],
      cwd: `${folder}/work`,
      clearEnv: true,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
      stdin: "null",
      stdout: "null",
    }).output();
    const context = `${place.name} in ${shell}`;
    equal(code, 0, `${context}: ${new TextDecoder().decode(stderr)}`);
    const ran = (await Deno.readTextFile(`${folder}/ran`)).trim();
    const why = ran === "" ? "the shell was ended" : `ran as code: ${JSON.stringify(values[Number(ran)])}`;
    equal(ran, `${values.length} values`, `${context}: ${why}`);
    if (place.prints === undefined) return;
    const printed = await Deno.readFile(`${folder}/out`);
    let start = 0;
    for (const [index, value] of values.entries()) {
      const end = printed.indexOf(0, start);
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(printed.subarray(start, end));
      equal(text, place.prints(value), `${context}: value ${index}`);
      start = end + 1;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
