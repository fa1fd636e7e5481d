import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { compileShellText } from "../shell_text.ts";
import type { ShellPlace } from "./shell_places.ts";

// The shell takes the values from its environment one by one, so that one process serves them all.
const DRIVER = `
i=0
while [ "$i" -lt "$COUNT" ]; do
  eval "WFE_EXPR_1=\\$VALUE_$i; unset VALUE_$i"
  WFE_EXPR_2=$WFE_EXPR_1 WFE_EXPR_3=$WFE_EXPR_1 WFE_EXPR_4=$WFE_EXPR_1 WFE_EXPR_5=$WFE_EXPR_1 WFE_EXPR_6=$WFE_EXPR_1
  ( . ./place.sh ) > "../out/$i" 2> ../errors < /dev/null
  [ -e pwned ] && { echo "$i"; rm -f pwned; }
  i=$((i + 1))
done
exit 0
`;

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
    await Deno.mkdir(`${folder}/out`);
    await Deno.writeTextFile(`${folder}/work/place.sh`, compileShellText(place.text, shell).text);
    const { code, stdout, stderr } = await new Deno.Command(shell, {
      args: ["-c", DRIVER],
      cwd: `${folder}/work`,
      clearEnv: true,
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        COUNT: String(values.length),
        ...Object.fromEntries(values.map((value, index) => [`VALUE_${index}`, value])),
      },
      stdin: "null",
    }).output();
    const context = `${place.name} in ${shell}`;
    equal(code, 0, `${context}: ${new TextDecoder().decode(stderr)}`);
    const ran = new TextDecoder().decode(stdout).split("\n").filter((index) => index !== "");
    deepEqual(ran.map((index) => values[Number(index)]), [], `${context}: values ran as code`);
    if (place.prints === undefined) return;
    for (const [index, value] of values.entries()) {
      const printed = await Deno.readFile(`${folder}/out/${index}`);
      const expected = new TextEncoder().encode(place.prints(value));
      if (Buffer.compare(printed, expected) === 0) continue;
      equal(new TextDecoder().decode(printed), place.prints(value), `${context}: value ${index}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
