const escape = "\x1b";

/** Texts that some language would take for code, and texts that are hard to carry. None holds NUL. */
export const HOSTILE_VALUES: readonly string[] = [
  // Size; first, because the test hands them on from one process to the next until they have been used.
  "x".repeat(90 * 1024),
  "$(touch pwned)'\"\\\n".repeat(4000),
  // Commands.
  ..."$(touch pwned)|`touch pwned`|;touch pwned|; touch pwned;|&& touch pwned|| touch pwned|& touch pwned &"
    .split("|"),
  ..."\ntouch pwned\n§|touch pwned§touch pwned|#§touch pwned #§(touch pwned)§{ touch pwned; }§! touch pwned"
    .split("§"),
  ..."<(touch pwned)§>(touch pwned)§${ touch pwned; }§${|touch pwned; }§coproc touch pwned§time touch pwned"
    .split("§"),
  ..."eval touch pwned§exec touch pwned§. pwned§trap 'touch pwned' EXIT§() { touch pwned; }§x() { touch pwned; }; x"
    .split("§"),
  // Quotes that end the ones around them.
  ..."'; touch pwned; '§\"; touch pwned; \"§\"$(touch pwned)\"§'$(touch pwned)'§`§'§\"§\"\"§''§\\'§\\\"§'\"'\"'"
    .split("§"),
  "')\ntouch pwned\n('",
  '")\ntouch pwned\n("',
  ..."$'\\n'§$\"x\"§$'$(touch pwned)'§\\$(touch pwned)§\\\\$(touch pwned)§\\`touch pwned\\`§\\§\\\\§\\n§\\0§\\c§a\\"
    .split("§"),
  "EOF\ntouch pwned\n",
  "\nEOF\ntouch pwned\n",
  "\tEOF\n$(touch pwned)",
  "a\nEOF",
  ");; esac; touch pwned; case x in (x",
  "x) touch pwned;;",
  "done; touch pwned; for x in y; do",
  "fi; touch pwned",
  "}; touch pwned; {",
  ")); touch pwned; ((",
  "]]; touch pwned; [[",
  "] ; touch pwned ; [ x",
  // Arithmetic and subscripts, which bash expands in values.
  ..."BASH_VERSINFO[$(touch pwned)0]§a[$(touch pwned)]§a[$(touch pwned)0]=1§x[0$(touch pwned)]§PATH[$(touch pwned)]"
    .split("§"),
  ..."$((1+1))§$[1+1]§((touch pwned))§1+1§x=1§i++§0x10§010§08§-1§1e3§9223372036854775808§[$(touch pwned)]=x"
    .split("§"),
  ..."($(touch pwned))§([0]=$(touch pwned))§(a b)§[0]=x§-vBASH_VERSINFO[$(touch pwned)0]§-v§-R§=§!§(§)§-a§-o"
    .split("§"),
  // Expansions.
  ..."$HOME§${HOME}§$IFS§${IFS}§$0§$@§$*§$$§$!§$?§$#§$-§$_§$1§${x:-$(touch pwned)}§${x@P}§${!x}§${#x}§$WFE_EXPR_1§${WFE_EXPR_1}"
    .split("§"),
  ..."*§?§[a-z]*§**§.*§~§~root§~+§{a,b}§{1..3}§@(a|b)§!(a)§+(x)§{a,$(touch pwned)}§!!§!$§!-1§^a^b".split("§"),
  // Options and formats.
  ..."-e§-n§-E§-i§--§--help§-§-c touch pwned§-rf§%s§%n§%d%d%d§%%§%(touch pwned)T§\\x41§\\u0041§+x§/dev/stdin§../../x"
    .split("§"),
  // Blanks, and no text at all.
  ...[
    "",
    " ",
    "  a  b  ",
    "\t",
    "\n",
    "\n\n",
    "a\n",
    "\na",
    "a\n\n\n",
    "\r",
    "\r\n",
    "a\r\nb\r\n",
    "\v\f",
    " \n \t ",
  ],
  // Control characters, among them those that shells use inside.
  ...["\x01", "\x01\x01", "\x02\x03", "\x04", "\x07", "\x08", "\x1a", "\x7f", "\x01\x7f", "a\x01b\x7fc"],
  ...[`${escape}[2J`, `${escape}]0;x\x07`, `${escape}[31m`, "\x9b31m", "\x81\x82\x83\x84\x85\x86\x87\x88"],
  // Unicode.
  ...[
    "é",
    "e\u0301",
    "日本語",
    "👩‍👩‍👧",
    "\u202Etxt.exe",
    "\u200F\u200E",
    "\u2066x\u2069",
    "\uFEFFbom",
    "\u00A0",
    "\u2028",
    "\u2029",
  ],
  ...["\u0085", "ÁÂÃÄ", "\u{10FFFF}", "\uFFFF", "\u200B", "ß", "İı", "＄（touch pwned）", "\uE000"],
  // Templates of other languages.
  ...["${{ data.x }}", "{{ x }}", "<%= x %>", "#{x}", "%{x}", "</script>", "' OR 1=1 --", "${jndi:ldap://x}"],
];
