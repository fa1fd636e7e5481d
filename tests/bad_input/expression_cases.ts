import { bad, type BadCase, many, script, shell, workflow } from "./bad_case.ts";

const block = (lines: string) =>
  shell(`\n        run: |\n${lines.split("\n").map((line) => `          ${line}\n`).join("")}`);
const inScript = (lines: string) =>
  script(`\n        script: |\n${lines.split("\n").map((line) => `          ${line}\n`).join("")}`);

/** Expressions that cannot be, or stand where they cannot. The variables `name` and `target` are given. */
export const expressionCases: readonly BadCase[] = [
  bad("an undefined variable", block("true\necho ${{ var.▲nam }}"), 'Did you mean "name"?'),
  bad("an undefined variable like no other", block("echo ${{ var.▲zzzzzz }}"), '"zzzzzz" is not defined'),
  bad("a variable in other case", block("echo ${{ var.▲Name }}"), 'Did you mean "name"?'),
  bad(
    "an undefined variable in env",
    shell('{ run: a, env: { A: "x ${{ var.▲targt }}" } }'),
    'Did you mean "target"?',
  ),
  bad(
    "an undefined variable in working_dir",
    shell('{ run: a, working_dir: "${{ var.▲dir }}" }'),
    "is not defined",
  ),
  bad(
    "an undefined variable in a script",
    inScript("const a = 1;\nconst b = ${{ var.▲b }};"),
    "is not defined",
  ),
  bad(
    "an undefined variable in folded text",
    shell("\n        run: >\n          echo a\n          b ${{ var.▲c }}\n"),
    "is not defined",
  ),
  bad(
    "an undefined variable in single quotes",
    shell("{ run: 'echo ''a'' ${{ var.▲c }}' }"),
    "is not defined",
  ),
  bad(
    "an undefined variable behind escapes",
    shell('{ run: "echo \\x41\\n\\u0042 ${{ var.▲c }}" }'),
    "is not defined",
  ),
  bad(
    "an undefined variable in plain text of two lines",
    shell("\n        run: echo a\n          ${{ var.▲c }}\n"),
    "is not defined",
  ),
  bad("an unclosed expression", block("echo ▲${{ var.name }"), "is not closed"),
  bad("an unclosed string", block("echo ${{ ▲'a }}"), "is not closed"),
  bad("an empty expression", block("echo ${{▲ }}"), "it is empty"),
  bad("an unknown context", block("echo ${{ ▲github.x }}"), 'no context "github"'),
  bad("a secret that is not declared", block("echo ${{ secrets.▲x }}"), 'the workflow has no secret "x"'),
  bad("all secrets at once", block("echo ${{ toJSON(▲secrets) }}"), "a secret has to be named"),
  bad("a secret by a computed name", block("echo ${{ ▲secrets[data.x] }}"), "a secret has to be named"),
  bad("an unknown function", block("echo ${{ ▲system('id') }}"), 'no function "system"'),
  bad("the constructor of a variable", block("echo ${{ var.▲constructor }}"), "is not defined"),
  bad("__proto__ of a variable", block("echo ${{ var.▲__proto__ }}"), "is not defined"),
  bad("constructor as context", block("echo ${{ ▲constructor.x }}"), "no context"),
  bad("a thing that runs do not have", block("echo ${{ run.▲secret }}"), 'has no "secret"'),
  bad("an assignment", block("echo ${{ var.name ▲= 1 }}"), "unexpected symbol"),
  bad("a deep expression", block("echo ${{ " + "(".repeat(50) + "▲(" + "(".repeat(10_000) + " }}"), "depth"),
  bad(
    "an expression of 500 KB",
    block("echo ▲${{ " + "a".repeat(500_000) + " }}"),
    "more than 65536 characters",
  ),
  bad("an expression in single quotes", block("echo '▲${{ var.name }}'"), "inside single quotes"),
  bad("an expression in a comment", block("# ▲${{ var.name }}\necho"), "in a comment"),
  bad("an expression in arithmetic", block("echo $(( ▲${{ var.name }} ))"), "inside $(("),
  bad("an expression in backticks", block("echo `echo ▲${{ var.name }}`"), "inside backticks"),
  bad("an expression in a quoted heredoc", block("cat <<'E'\n▲${{ var.name }}\nE"), "a quoted delimiter"),
  bad("an expression in a template", inScript("const a = `▲${{ var.name }}`;"), "Wfe.vars"),
  bad("an expression in a string", inScript('const a = "▲${{ var.name }}";'), "Wfe.vars"),
  bad("an expression in a comment of a script", inScript("// ▲${{ var.name }}"), "comment"),
  bad(
    "101 expressions in a text",
    block("echo ${{ var.name }}\n".repeat(100) + "echo ▲${{ var.name }}"),
    "more than 100 expressions",
  ),
  bad(
    "1,001 expressions in a workflow",
    workflow(
      many(
        11,
        (i) =>
          `    - name: s${i}\n      config:\n        run: |\n` +
          "          echo ${{ var.name }}\n".repeat(91),
      ),
    ).replace(/((?:[^]*?\$\{\{){1000}[^]*?)\$\{\{/, "$1▲${{"),
    "more than 1000 expressions",
  ),
  bad(
    "substitutions without end",
    block("echo ${{ var.name }}\n" + "$(".repeat(5_000)).replace(
      "run: |\n          echo",
      "run: |\n          ▲echo",
    ),
    "nested too deeply",
  ),
];
