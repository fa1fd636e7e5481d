/** Scripts that hand a value, `@@`, to a shell that runs it as code. Each does so with `:>pwned`. */
export const SHELL_READERS: readonly string[] = [
  // Pipes, however deep the shell is.
  ..."echo @@ | bash§echo @@ | bash -e§echo @@ | bash -§echo @@ | bash -s§echo @@ | bash -s -- a b§cat <<E | sh\n@@\nE"
    .split("§"),
  ..."echo @@ | bash /dev/stdin§echo @@ | bash -- /dev/fd/0§echo @@ | bash /proc/self/fd/0 a§echo @@ | bash -o errexit"
    .split("§"),
  ..."echo @@ | . /dev/stdin§echo @@ | source /dev/stdin§echo @@ | command . /dev/fd/0§echo @@ | env A=1 /bin/sh -e"
    .split("§"),
  ..."echo @@ | (bash)§echo @@ | { bash; }§echo @@ | ( cd . && { bash; } )§echo @@ | cat | bash§echo @@ |& bash"
    .split(
      "§",
    ),
  ..."echo @@ | if true; then bash; fi§echo @@ | while bash; do break; done§echo @@ | for i in 1; do bash; done"
    .split(
      "§",
    ),
  ..."echo @@ | case a in a) bash;; esac§echo @@ | { echo b | cat; bash; }§echo @@ | (true && time bash) | cat"
    .split(
      "§",
    ),
  ...'echo a$(echo @@ | bash)§(echo @@) | bash§{ echo @@; } | bash§for i in @@; do echo "$i"; done | bash'
    .split("§"),
  ..."echo @@ | bash <(cat)§echo @@ | . <(cat)§echo @@ | bash -c bash§echo @@ | bash -c 'cat | sh'§echo @@ | `bash`§echo @@ | \"$BASH\" -e"
    .split("§"),
  // Code that is made of what was read.
  ...'echo @@ | eval "$(cat)"§echo @@ | bash -c "$(cat)"§echo @@ | while read -r l; do eval "$l"; done'.split(
    "§",
  ),
  ...'echo @@ | while read -r l; do sh -c "$l"; done§echo @@ | { l=$(cat); eval "$l"; }§echo @@ | eval bash'
    .split(
      "§",
    ),
  ..."echo @@ | xargs -I{} bash -c {}§echo @@ | xargs -I % sh -c 'true; %'§echo @@ | xargs -iX sh -c X§echo @@ | xargs -0 bash -c§echo \"'@@'\" | xargs sh -c"
    .split("§"),
  "echo \"-c '@@'\" | xargs bash",
  // Process substitutions.
  ..."bash <(echo @@)§bash -e <(echo @@) a§. <(echo @@)§source <(echo @@)§bash < <(echo @@)§bash -s < <(echo @@)"
    .split(
      "§",
    ),
  ...'bash <(cat <(echo @@))§bash < <(cat < <(echo @@))§bash <<< "$(cat <(echo @@))"§bash /dev/fd/3 3< <(echo @@)'
    .split("§"),
  ..."echo @@ > >(bash)§echo @@ | tee >(bash)§tee >(bash) <<< @@§{ echo @@; } > >(bash)§tee >(cat | (bash)) < <(echo @@)"
    .split("§"),
  "xargs -a <(echo \"'@@'\") bash -c",
  // Herestrings and heredocs.
  ..."bash <<< @@§bash <<E\n@@\nE§bash <<-E -s\n\t@@\n\tE§. /dev/stdin <<< @@§bash /dev/fd/3 3<<< @@§<<< @@ bash"
    .split("§"),
  ..."{ bash; } <<< @@§(bash) <<E\n@@\nE§if true; then bash; fi <<< @@§while true; do bash; break; done < <(echo @@)"
    .split("§"),
  ...'until bash; do :; done <<< @@§while read -r l; do eval "$l"; done <<< @@§for i in 1; do bash; done <<< @@'
    .split(
      "§",
    ),
  // Functions.
  ..."f() { bash; }; echo @@ | f§f() { g; }; g() (bash); f <<< @@§f() { echo @@; }; f | bash§f() { bash; } <<< @@; f"
    .split("§"),
  "f() { echo @@; }; g() { f; }; g > >(bash)",
  // The rest of the script.
  ..."exec < <(echo @@); bash§exec 3<<< @@; true; bash <&3§exec 3> >(bash); echo @@ >&3; exec 3>&-".split(
    "§",
  ),
  ...'coproc bash; echo @@ >&"${COPROC[1]}"; eval "exec ${COPROC[1]}>&-"; wait§coproc { echo @@; }; bash <&"${COPROC[0]}"'
    .split("§"),
];

/** Scripts that hand a value, `@@`, to a shell of another program or machine. They cannot be run in a test. */
export const FOREIGN_SHELL_READERS: readonly string[] = [
  "ssh host <<< @@",
  "ssh -p 22 -i key user@host <<E\n@@\nE",
  "echo @@ | ssh host bash -s",
  "ssh host 'bash -s' <<< @@",
  'ssh host "cd $dir && exec bash -s" <<< @@',
  "timeout 9 ssh host <<< @@",
  "echo @@ | sudo bash",
  "echo @@ | sudo -u x -i",
  "echo @@ | su - user",
  "echo @@ | docker run -i image sh",
  "parallel sh -c {} ::: @@",
  "parallel sh -c ::: @@",
  "find @@ -exec sh -c 'echo {}' \\;",
];
