import { ok, rejects } from "node:assert/strict";
import fc from "fast-check";
import { HOSTILE_VALUES } from "./testdata/hostile_values.ts";
import { runPlace } from "./testdata/run_place.ts";
import { SHELL_READERS } from "./testdata/shell_readers.ts";
import { SHELL_PLACES, type ShellPlace } from "./testdata/shell_places.ts";

Deno.test("compileShellText() has more than 120 hostile values to be tested with", () => {
  ok(new Set(HOSTILE_VALUES).size > 120);
});

Deno.test("the test of hostile values notices when a value runs as code", async () => {
  const short = HOSTILE_VALUES.filter(({ length }) => length < 1000);
  for (
    const text of [
      'eval "$WFE_EXPR_1"',
      "echo $(( WFE_EXPR_1 ))",
      '[ -v "$WFE_EXPR_1" ]',
      'cat >&"$WFE_EXPR_1"',
    ]
  ) {
    await rejects(runPlace({ name: text, text, shells: ["bash"] }, "bash", short), /ran as code/);
  }
});

Deno.test("a shell runs as code what compileShellText() keeps from it", async () => {
  for (const reader of SHELL_READERS) {
    // cat waits for what the shell runs in the background.
    const text = `{ ${reader.replaceAll("@@", "$WFE_EXPR_1")}\n} | cat`;
    await rejects(
      runPlace({ name: reader, text, shells: ["bash"] }, "bash", [":>pwned"]),
      /ran as code/,
      reader,
    );
  }
});

/**
 * All values where the shell does something with a value itself. Where it only hands one on to another program, which
 * takes most of the time, each third, another third in the next place: 70 in each, and every value in many.
 */
function valuesFor(place: ShellPlace): readonly string[] {
  const handsOn = place.prints && /\b(?:cat|env|sh|tee|xargs)\b|[$<]\(|\|/.test(place.text);
  const third = SHELL_PLACES.indexOf(place) % 3;
  return handsOn ? HOSTILE_VALUES.filter((_, index) => index % 3 === third) : HOSTILE_VALUES;
}

for (const shell of ["bash", "sh"] as const) {
  Deno.test(`compileShellText() keeps hostile values data in every place of ${shell}`, async () => {
    const places = SHELL_PLACES.filter(({ shells }) => shells.includes(shell));
    const half = Math.ceil(places.length / 2);
    await Promise.all([places.slice(0, half), places.slice(half)].map(async (part) => {
      for (const place of part) await runPlace(place, shell, valuesFor(place));
    }));
  });
}

Deno.test("compileShellText() lets any text arrive unchanged", async () => {
  const text = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));
  const places = SHELL_PLACES.filter(({ prints }) => prints !== undefined);
  const property = fc.asyncProperty(
    fc.constantFrom(...places),
    fc.array(text, { minLength: 20, maxLength: 20 }),
    async (place, values) => {
      for (const shell of place.shells) await runPlace(place, shell, values);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
