import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { compileShellText } from "./shell_text.ts";
import { EVERYDAY_SCRIPTS } from "./testdata/everyday_scripts.ts";
import { FOREIGN_SHELL_READERS, SHELL_READERS } from "./testdata/shell_readers.ts";
import { TextProblem } from "./text_problem.ts";

type Shell = "bash" | "sh";

const EXPRESSION = "${{ data.x }}";

/** A text in which `@@` stands for an expression. */
function withExpression(text: string): string {
  return text.replaceAll("@@", EXPRESSION);
}

function compiles(text: string, expected: string, shell: Shell = "bash"): void {
  equal(compileShellText(withExpression(text), shell).text, expected, text);
}

/** Expects the last expression of the text to be refused. */
function refuses(text: string, message: RegExp, shell: Shell = "bash"): void {
  const source = withExpression(text);
  throws(() => compileShellText(source, shell), (error) => {
    ok(error instanceof TextProblem && error.code === "TEXT_PROBLEM", text);
    ok(message.test(error.message), `${text}: ${error.message}`);
    deepEqual([error.offset, error.length], [source.lastIndexOf(EXPRESSION), EXPRESSION.length], text);
    ok(error.remedy !== undefined && /^[A-Z].*[.`]$/.test(error.remedy), `${text}: ${error.remedy}`);
    return true;
  });
}

Deno.test("compileShellText() leaves a script without expressions alone, whatever it is", () => {
  for (const text of ["echo '", "let x", "alias a=b", "WFE_EXPR_1=1", "a\r\nb"]) {
    deepEqual(compileShellText(text, "bash"), { text, expressions: {} });
  }
});

Deno.test("compileShellText() gives plain JSON: the text, and an expression for each variable", () => {
  const compiled = compileShellText("echo ${{ data.a }} \"${{ var['b'] }}\"", "bash");
  deepEqual(compiled, {
    text: 'echo "${WFE_EXPR_1}" "${WFE_EXPR_2}"',
    expressions: { WFE_EXPR_1: "data.a", WFE_EXPR_2: "var['b']" },
  });
  deepEqual(JSON.parse(JSON.stringify(compiled)), compiled);
});

Deno.test("compileShellText() puts quotes around a bare expression only", () => {
  compiles("echo @@", 'echo "${WFE_EXPR_1}"');
  compiles("echo a@@b", 'echo a"${WFE_EXPR_1}"b');
  compiles('echo "a @@ b"', 'echo "a ${WFE_EXPR_1} b"');
  compiles("cat <<EOF\n@@ '@@'\nEOF\n", "cat <<EOF\n${WFE_EXPR_1} '${WFE_EXPR_2}'\nEOF\n");
  compiles('echo "$(echo @@ "@@")"', 'echo "$(echo "${WFE_EXPR_1}" "${WFE_EXPR_2}")"');
  compiles('echo "$HOME@@" $HOME@@', 'echo "$HOME${WFE_EXPR_1}" $HOME"${WFE_EXPR_2}"');
  compiles('echo "\\$@@" \\\\@@', 'echo "\\$${WFE_EXPR_1}" \\\\"${WFE_EXPR_2}"');
  compiles("x=@@ y[0]=(@@) z=([1]=@@)", 'x="${WFE_EXPR_1}" y[0]=("${WFE_EXPR_2}") z=([1]="${WFE_EXPR_3}")');
  compiles("QQQQQ=1; cat <<QQQQ\n@@\nQQQQ\n", "QQQQQ=1; cat <<QQQQ\n${WFE_EXPR_1}\nQQQQ\n");
});

Deno.test("compileShellText() refuses places where a value would not be taken as it is", () => {
  const places: [text: string, where: RegExp][] = [
    ["echo '@@'", /inside single quotes/],
    ["echo \"$(echo '@@')\"", /inside single quotes/],
    ["echo $'@@'", /inside \$'…'/],
    ['echo $"@@"', /inside \$"…"/],
    ["cat <<'EOF'\n@@\nEOF\n", /quoted delimiter/],
    ["cat <<\\EOF\n@@\nEOF\n", /quoted delimiter/],
    ["cat <<A <<'B'\nx\nA\n@@\nB\n", /quoted delimiter/],
    ["cat <<@@\nx\n", /delimiter/],
    ["echo `echo @@`", /backticks/],
    ['echo "`echo @@`"', /backticks/],
    ["echo `echo \\`echo @@\\``", /backticks/],
    ["# @@", /comment/],
    ["echo a # @@", /comment/],
    ["if true; then # @@\ntrue; fi", /comment/],
    ["echo $((@@))", /\(\( … \)\)/],
    ["echo $((1 + $(echo @@)))", /\(\( … \)\)/],
    ["((@@))", /\(\( … \)\)/],
    ["((x = @@)) || true", /\(\( … \)\)/],
    ["echo $[@@]", /\(\( … \)\)/],
    ["for ((i = @@; i < 1; i++)); do :; done", /for \(\( … \)\)/],
    ["[[ @@ = a ]]", /\[\[ … \]\]/],
    ['[[ -n "@@" ]]', /\[\[ … \]\]/],
    ["[[ a = $(echo @@) ]]", /\[\[ … \]\]/],
    ["x[@@]=1", /inside \[…\]/],
    ["x=([@@]=1)", /inside \[…\]/],
    ["declare -A x=([@@]=1)", /inside \[…\]/],
    ["declare x[@@]=1", /`declare`/],
    ["echo a[@@]", /inside \[…\]/],
    ["unset a[@@]", /\[…\]|`unset`/],
    ["echo ${x[@@]}", /inside \$\{…\}/],
    ["echo ${x:-@@}", /inside \$\{…\}/],
    ['echo "${x:-"@@"}"', /inside \$\{…\}/],
    ["echo ${x:@@}", /inside \$\{…\}/],
    ["echo ${x/@@/b}", /inside \$\{…\}/],
    ['echo "${x#@@}"', /inside \$\{…\}/],
    ["echo ${@@}", /inside \$\{…\}/],
    ["echo ${ @@; }", /inside \$\{ …; \}/],
    ["@@=5", /name of a variable/],
    ["x@@=5", /name of a variable/],
    ["@@[0]=5", /name of a variable/],
    ["for @@ in a; do :; done", /name of a variable/],
    ["select @@ in a; do :; done", /name of a variable/],
    ["@@() { :; }", /as a name/],
    ["function @@ { :; }", /as a name/],
    ["coproc @@ { :; }", /as a name/],
    ["echo a >&@@", /file descriptor/],
    ["cat <&@@", /file descriptor/],
    ["echo a 2>&@@", /file descriptor/],
    ["echo {@@}> x", /file descriptor/],
    ["echo {a,@@}", /inside \{…\}/],
    ["echo {1..@@}", /inside \{…\}/],
    ["echo @(a|@@)", /extended pattern/],
    ["echo $@@", /directly after `\$`/],
    ['echo "$@@"', /directly after `\$`/],
    ["echo $$@@", /directly after `\$`/],
    ["echo $\\\n@@", /directly after `\$`/],
    ["echo \\@@", /directly after a backslash/],
    ['echo "\\@@"', /directly after a backslash/],
    ["cat <<EOF\n\\@@\nEOF\n", /directly after a backslash/],
    ["echo ~@@", /directly after `~`/],
    ["x=a:~@@", /directly after `~`/],
  ];
  for (const [text, where] of places) refuses(text, where);
});

Deno.test("compileShellText() refuses words that a builtin or another shell evaluates", () => {
  const commands: [text: string, why: RegExp][] = [
    ["eval @@", /`eval`/],
    ['eval "echo $(echo @@)"', /`eval`/],
    ["\\eval @@", /`eval`/],
    ["'ev'al @@", /`eval`/],
    ["command -p eval @@", /`eval`/],
    ["builtin eval @@", /`eval`/],
    ["@@ @@", /could be `eval`/],
    ["let @@", /`let`/],
    ["let x=@@", /`let`/],
    ["trap @@ EXIT", /`trap`/],
    ["unset @@", /`unset`/],
    ["read @@", /`read`/],
    ["mapfile -C @@ x", /`mapfile`/],
    ["readarray @@", /`readarray`/],
    ["wait -p @@", /`wait`/],
    ["getopts @@ x", /`getopts`/],
    ["complete -W @@ x", /`complete`/],
    ["declare x=@@", /`declare` evaluates a value that looks like an array/],
    ["typeset -r x=@@", /`typeset`/],
    ["f() { local x=@@; }", /`local`/],
    ["export @@", /`export`/],
    ['export "x=@@"', /`export`/],
    ["export -n x=@@", /`export`/],
    ["readonly -a x=@@", /`readonly`/],
    ["test -v @@", /`test -v`/],
    ["[ -v @@ ]", /`\[ -v`/],
    ["[ ! -R x@@ ]", /`\[ -v`/],
    ["[ $x @@ ]", /`\[ -v`/],
    ["[ @@ $x ]", /`\[ -v`/],
    ["printf -v @@ x", /`printf -v`/],
    ["printf @@ x", /`printf -v`/],
    ['printf "@@" x', /`printf -v`/],
    ["printf -@@ x", /`printf -v`/],
    ['printf "$format" @@', /`printf -v`/],
    ["printf -v x @@ y", /`printf -v`/],
    ["printf -vx @@ y", /`printf -v`/],
    ["bash -c @@", /a shell would run it/],
    ["bash -euo pipefail -c 'a '@@", /a shell would run it/],
    ['sh -c "echo @@"', /a shell would run it/],
    ["exec -a x sh -c @@", /a shell would run it/],
    ["sudo -u x env A=1 /bin/sh -ec @@", /a shell would run it/],
    ['find . -exec sh -c "@@" \\;', /a shell would run it/],
    ["bash @@ $x", /a shell would run it/],
    ["OPTIND=@@", /evaluates the value of OPTIND/],
    ["PS4=@@", /evaluates the value of PS4/],
    ["export BASH_ENV=@@", /evaluates the value of BASH_ENV/],
    ["BASH_ENV=@@ bash x", /evaluates the value of BASH_ENV/],
    ["env BASH_ENV=@@ bash x", /evaluates the value of this variable/],
    ["env 'BASH_FUNC_x%%='@@ bash x", /evaluates the value of this variable/],
    ["for SECONDS in @@; do :; done", /evaluates the value of SECONDS/],
    ["read OPTIND <<< @@", /`read`/],
  ];
  for (const [text, why] of commands) refuses(text, why);
});

Deno.test("compileShellText() refuses to let a shell read its program from a value", () => {
  for (const text of [...SHELL_READERS, ...FOREIGN_SHELL_READERS]) {
    refuses(text, /a shell (?:would|could) run it as code/);
  }
});

Deno.test("compileShellText() allows what is written every day", () => {
  for (const text of EVERYDAY_SCRIPTS) {
    ok(compileShellText(withExpression(text), "bash").text.includes("${WFE_EXPR_1}"), text);
  }
});

Deno.test("compileShellText() refuses scripts in which values are evaluated wherever they go", () => {
  for (
    const text of [
      "declare -i n; echo @@",
      "f() { local -rn to=$1; }; echo @@",
      "builtin typeset +i n; echo @@",
      "alias a=b; echo @@",
    ]
  ) refuses(text, /^Cannot use an expression in this script: `/);
});

Deno.test("compileShellText() allows what looks like these and is harmless", () => {
  for (
    const text of [
      "bash -c 'echo \"$1\"' _ @@",
      "bash script.sh @@",
      "bash @@",
      "echo @@ | bash script.sh",
      "command -v @@",
      "export -n x; echo @@",
      "export a=b x=@@",
      "declare -a x=(@@)",
      "printf -v x '%s' @@",
      "printf -- @@ x",
      "printf 'a %s' @@",
      "[ @@ = @@ ]",
      "[ -n @@ ]",
      "[ @@ -eq 1 ]",
      "./@@ @@",
      "read x < @@",
      "echo eval @@",
      "echo '#' @@",
    ]
  ) ok(compileShellText(withExpression(text), "bash").text.includes("${WFE_EXPR_1}"), text);
});

Deno.test("compileShellText() refuses to guess in a script that it cannot read", () => {
  for (const text of ["if; echo @@", 'echo "@@', "echo $(echo @@", "echo @@ (", "case @@ in"]) {
    throws(() => compileShellText(withExpression(text), "bash"), /^TextProblem: Cannot tell where/, text);
  }
});

Deno.test("compileShellText() refuses an expression over several lines, which would move the lines after it", () => {
  throws(() => compileShellText("echo ${{ data.a ||\n data.b }}", "bash"), { offset: 5, length: 24 });
});

Deno.test("compileShellText() refuses its own names and control characters in the script", () => {
  throws(() => compileShellText("echo ${{ 1 }}; WFE_EXPR_1=2", "bash"), { offset: 15, length: 9 });
  throws(() => compileShellText("echo ${{ 1 }}\r\necho", "bash"), { offset: 13 });
});

Deno.test("compileShellText() refuses in a script for sh what not every sh reads as bash does", () => {
  const constructs = [
    ...["x=(a)", "x[0]=a", "x+=a", "cat <<< a", "echo $'a'", 'echo $"a"', "echo a &> b", "a |& b", "[[ a ]]"],
    ...["((1))", "echo $[1]", "for ((;;)); do :; done", "select x in a; do :; done", "coproc a", "echo <(a)"],
    ...[
      "function f { :; }",
      "echo {a,b}",
      "echo @(a)",
      "echo ${x/a/b}",
      "echo ${x:1}",
      "echo ${x^^}",
      "echo ${!x}",
    ],
    ...["echo ${x[0]}", "case a in a) ;& b) esac", "exec {x}> y", "echo \"${x:-'a'}\"", "echo ${ a; }"],
  ];
  for (const construct of constructs) {
    const text = withExpression(`echo @@\n${construct}`);
    throws(
      () => compileShellText(text, "sh"),
      /^TextProblem: Cannot use expressions in a script for sh beside/,
      construct,
    );
    ok(compileShellText(text, "bash"));
  }
  compiles(
    "f() { echo ${x:-a} ${#x} ${x%%.*} $((1 + 1)) @@; }",
    'f() { echo ${x:-a} ${#x} ${x%%.*} $((1 + 1)) "${WFE_EXPR_1}"; }',
    "sh",
  );
});
