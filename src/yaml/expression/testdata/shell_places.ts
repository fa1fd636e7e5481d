/** A place of a shell script in which an expression may stand. */
export interface ShellPlace {
  /** What the place is called. */
  readonly name: string;
  /** A script that has expressions there. Their values are all the same. */
  readonly text: string;
  /** What it prints for a value; left out: not compared. */
  readonly prints?: (value: string) => string;
  /** The shells that have such a place. */
  readonly shells: readonly ("bash" | "sh")[];
}

type Row = readonly [name: string, text: string, prints?: (value: string) => string];

const itself = (value: string) => value;
const line = (value: string) => `${value}\n`;

const EVERY_SHELL: readonly Row[] = [
  ["argument", "printf '%s' ${{ x }}", itself],
  ["argument, glued", "printf '%s' pre${{ x }}post", (v) => `pre${v}post`],
  ["argument, glued to quotes", "printf '%s' 'a'${{ x }}\"b\"", (v) => `a${v}b`],
  ["argument, glued to a pattern", "printf '%s' no-such-file*${{ x }}", (v) => `no-such-file*${v}`],
  ["argument, glued to a variable", "u=1; printf '%s' $u${{ x }}", (v) => `1${v}`],
  ["argument after a continued line", "printf '%s' \\\n${{ x }}", itself],
  ["double quotes", "printf '%s' \"a ${{ x }} b\"", (v) => `a ${v} b`],
  ["double quotes after a dollar sign", "printf '%s' \"\\$${{ x }}\"", (v) => `$${v}`],
  ["double quotes, single quotes inside", "printf '%s' \"'${{ x }}'\"", (v) => `'${v}'`],
  ["format of printf", 'printf "pre ${{ x }}"'],
  ["command", "${{ x }}"],
  ["command with arguments", "${{ x }} x y"],
  ["command of a path", "./${{ x }} ${{ x }}"],
  ["assignment", 'v=${{ x }}; printf "%s" "$v"', itself],
  ["assignment in quotes", 'v="a ${{ x }}"; printf "%s" "$v"', (v) => `a ${v}`],
  ["assignment below the home folder", 'HOME=/h; v=~/${{ x }}; printf "%s" "$v"', (v) => `/h/${v}`],
  ["assignment for one command", 'v=${{ x }} sh -c \'printf "%s" "$v"\'', itself],
  ["export", 'export a=b v=${{ x }}; printf "%s" "$v"', itself],
  ["readonly", 'readonly v=${{ x }}; printf "%s" "$v"', itself],
  ["local variable", 'f() { local v; v=${{ x }}; printf "%s" "$v"; }; f', itself],
  ["env", 'env A=${{ x }} sh -c \'printf "%s" "$A"\'', itself],
  ["argument of a nested shell", 'sh -c \'printf "%s" "$1"\' _ ${{ x }}', itself],
  ["list of for", 'for v in ${{ x }} "a${{ x }}"; do printf "%s" "$v"; done', (v) => `${v}a${v}`],
  ["body of for", "for v in a; do printf '%s' ${{ x }}; done", itself],
  ["case", "case ${{ x }} in *) printf '%s' ${{ x }};; esac", itself],
  ["pattern", 'v=${{ x }}; case $v in ${{ x }}) printf "%s" "$v";; *) printf no;; esac', itself],
  [
    "pattern, glued",
    'v=a${{ x }}b; case $v in a${{ x }}*) printf "%s" "$v";; *) printf no;; esac',
    (v) => `a${v}b`,
  ],
  ["heredoc", "cat <<EOF\n${{ x }}\nEOF", line],
  ["heredoc, quoted inside", "cat <<EOF\n\"${{ x }}\" '${{ x }}'\nEOF", (v) => `"${v}" '${v}'\n`],
  ["heredoc with tabs", "cat <<-EOF\n\t\t${{ x }}\n\tEOF", line],
  ["heredoc, command inside", "cat <<EOF\n$(printf '%s' ${{ x }}; printf y)\nEOF", (v) => `${v}y\n`],
  ["heredoc in a condition", "if cat <<EOF; then\n${{ x }}\nEOF\nprintf y; fi", (v) => `${v}\ny`],
  ["command substitution", "printf '%s' \"$(printf '%s' ${{ x }}; printf y)\"", (v) => `${v}y`],
  ["command substitution, quoted", 'printf %s "$(printf %s "a${{ x }}"; printf y)"', (v) => `a${v}y`],
  [
    "command substitution with case",
    'printf %s "$(case a in a) printf %s ${{ x }};; esac; printf y)"',
    (v) => `${v}y`,
  ],
  [
    "heredoc in a command substitution",
    'printf %s "$(cat <<EOF\n${{ x }}\nEOF\nprintf y)"',
    (v) => `${v}\ny`,
  ],
  ["redirection", "printf 1 > files/${{ x }}; printf 2 >> files/${{ x }}; cat < files/${{ x }}"],
  ["redirection of a block", "{ printf 1; } > files/${{ x }}"],
  ["test", "[ ${{ x }} = ${{ x }} ] && printf '%s' ${{ x }}", itself],
  ["test of an empty text", "[ -z ${{ x }} ] || printf '%s' ${{ x }}", itself],
  ["test with test", "test ${{ x }} != a${{ x }} && printf '%s' ${{ x }}", itself],
  ["test of a number", "[ ${{ x }} -eq 1 ] || [ 1 -lt ${{ x }} ]"],
  ["conditions", "if ! [ a${{ x }} = a ]; then printf '%s' ${{ x }}; fi", itself],
  ["function body", "f() { printf '%s' ${{ x }}; }; f", itself],
  ["argument of a function", "f() { printf '%s' \"$1\"; }; f ${{ x }}", itself],
  ["positional parameters", "set -- ${{ x }} b; printf '%s' \"$1\"", itself],
  ["pipe", "printf '%s' ${{ x }} | cat", itself],
  ["pipe to a fixed program of a shell", "printf '%s' ${{ x }} | sh -c cat", itself],
  ["pipe to a shell in a block", "printf '%s' ${{ x }} | { echo cat > files/s; sh files/s; }", itself],
  ["heredoc of a fixed program of a shell", "sh -c cat <<EOF\n${{ x }}\nEOF", line],
  ["argument from xargs", "printf '%s' ${{ x }} | xargs -0 sh -c 'printf %s \"$1\"' _", itself],
  ["argument that xargs inserts", "printf '%s' ${{ x }} | xargs -0 -I{} sh -c 'printf %s \"$1\"' _ {}"],
  ["and, or", "false || printf '%s' ${{ x }} && :", itself],
  ["background", "printf '%s' ${{ x }} & wait", itself],
  ["subshell and block", "(printf '%s' ${{ x }}); { printf '%s' ${{ x }}; }", (v) => v + v],
  ["exec", "exec printf '%s' ${{ x }}", itself],
  ["name that is looked up", "command -v ${{ x }}"],
  ["word of shift and exit", "shift ${{ x }}; exit ${{ x }}"],
];

const BASH: readonly Row[] = [
  ["command that is not found", 'command_not_found_handle() { printf "%s" "$1"; }; pre-${{ x }}'],
  ["appended assignment", 'v=a; v+=${{ x }}; printf "%s" "$v"', (v) => `a${v}`],
  ["array", 'v=(${{ x }} "a${{ x }}"); printf "%s" "${v[@]}"', (v) => `${v}a${v}`],
  ["array, appended", 'v=(a); v+=(${{ x }}); printf "%s" "${v[@]}"', (v) => `a${v}`],
  ["array with subscripts", 'v=([3]=${{ x }} [1]="b${{ x }}"); printf "%s" "${v[@]}"', (v) => `b${v}${v}`],
  ["element of an array", 'v[2]=${{ x }}; printf "%s" "${v[2]}"', itself],
  ["declared array", 'declare -a v=(${{ x }}); printf "%s" "${v[@]}"', itself],
  ["map", 'declare -A v=([k]=${{ x }}); v[l]=${{ x }}; printf "%s" "${v[k]}${v[l]}"', (v) => v + v],
  ["export of an array", 'v=(1 2); export v=${{ x }}; printf "%s" "${v[0]}"', itself],
  ["readonly of an array", 'v=(1 2); readonly v=${{ x }}; printf "%s" "${v[0]}"', itself],
  ["array that is assigned to", 'v=(1 2); v=${{ x }}; printf "%s" "${v[0]}"', itself],
  ["words of a declared array", 'declare -A v=(${{ x }} y); printf "%s" "${!v[@]}" "${v[@]}"'],
  ["herestring", "cat <<< ${{ x }}", line],
  ["herestring in quotes", 'cat <<< "a ${{ x }}"', (v) => `a ${v}\n`],
  ["herestring that is read", "IFS= read -r -d '' v <<< ${{ x }}; printf '%s' \"$v\"", line],
  ["process substitution", "cat <(printf '%s' ${{ x }})", itself],
  [
    "process substitution for a fixed program of a shell",
    "bash -c 'cat \"$1\"' _ <(printf '%s' ${{ x }})",
    itself,
  ],
  ["process substitution that is read", "cat < <(printf '%s' ${{ x }})", itself],
  ["process substitution that is written to", "printf '%s' ${{ x }} | tee >(cat > /dev/null)", itself],
  ["loop over lines", 'while IFS= read -r v; do printf "%s\\n" "$v"; done <<< ${{ x }}', line],
  ["argument after braces", "printf '%s' {a,b}${{ x }}", (v) => `a${v}b${v}`],
  ["redirection of everything", "{ printf 1; } &> files/${{ x }}; printf 2 &>> files/${{ x }}"],
  [
    "redirection to a new descriptor",
    "exec {d}> files/${{ x }}; printf 1 >| files/${{ x }}; cat <> files/${{ x }}",
  ],
  ["body of an arithmetic for", "for ((i = 0; i < 1; i++)); do printf '%s' ${{ x }}; done", itself],
  ["select", "select v in ${{ x }}; do break; done"],
  ["coprocess", "coproc { printf '%s' ${{ x }}; }; cat <&\"${COPROC[0]}\""],
  ["operands of printf", "printf -v v '%s' ${{ x }}; printf '%s' \"$v\"", itself],
  ["numbers of printf", "printf '%d %.1f %(%s)T %b' ${{ x }} ${{ x }} ${{ x }} ${{ x }}"],
  ["names of printf", "printf '%n' ${{ x }}"],
  ["case that falls through", "case a in a) ;;& ${{ x }}|*) printf '%s' ${{ x }};; esac", itself],
];

/** Every place in which an expression may stand. */
export const SHELL_PLACES: readonly ShellPlace[] = [
  ...EVERY_SHELL.map((row) => place(row, ["bash", "sh"])),
  ...BASH.map((row) => place(row, ["bash"])),
];

function place([name, text, prints]: Row, shells: ShellPlace["shells"]): ShellPlace {
  return { name, text, shells, ...(prints === undefined ? {} : { prints }) };
}
