/**
 * The shell programs that end process trees. Strings, so that they also work from a remote import and in a
 * compiled executable; for bash 3.2 and newer, dash and busybox.
 *
 * A tree is `$step` (its main process), `$group` (its process group) and, where there is a /proc, every process
 * whose environment holds `$token`, with that process's group: so those that left the group by `setsid` are found.
 * Where `$alone` says that the main process cannot start others, nobody is looked for by `$token`.
 * A group of zombies only does not count: the first process of a container may never collect them.
 *
 * What a look could miss: a process in the middle of an exec has no environment, for longer where it waits for a
 * processor or a disk then, and one that another starts during the look, before it ends, is in no list. So those
 * without an environment are waited for where they are in an exec, which the kernel tells by an address of 0, and what
 * has begun since is looked at too, up to the process id that was given last.
 *
 * Times are in 1/100 s and by the clock. No `sleep` lasts longer than a moment: it would survive a shell that is killed.
 */
const TREE = `
twenty="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"
again=again # a line break in a variable hides an exec from the first look; sh reads byte by byte
test -z "$BASH_VERSION" || read -r line </proc/$$/environ || again=
clock() { # sets now, right to a tick
  tick=1
  read -r now _ </proc/uptime || { now=$(date +%s).00 tick=100; }
  now=$((\${now%.*} * 100 + 1\${now#*.} - 100))
}
look() { # OPTIONS [again]: prints files; in a subshell
  options=$1 twice=$2
  if test -n "$BASH_VERSION"; then # which would look for each file that a pattern means
    set -- /proc/[0-9]*
    eval 'set -- "\${@/%//environ}"'
  else
    set -- /proc/[0-9]*/environ
  fi
  test -z "$twice" || set -- "$@" "$@"
  LC_ALL=C exec grep $options -e "$token" "$@"
}
in_exec() { # PID; or at its end
  read -r stat <"/proc/$1/stat" || return
  case \${stat% *} in *" 0 0") ;; *) return 1 ;; esac
}
holds_token() { # PID; sets empty
  empty=
  {
    empty=1
    while read -r line || test -n "$line"; do
      empty=
      case $line in *"$token"*) return ;; esac
    done
  } <"/proc/$1/environ"
  return 1
}
add_target() { # PID
  set -- "$1" \${stat##*) }
  members="$members $1"
  case $4 in
    "" | 0 | $$) targets="$targets $1" ;;
    *) case "$targets " in *" -$4 "*) ;; *) targets="$targets -$4" ;; esac ;;
  esac
}
examine() { # PID
  quiet=0
  for _ in $twenty; do
    read -r stat <"/proc/$1/stat" || return
    case \${stat##*) } in [ZX]*) return ;; esac
    if holds_token "$1"; then add_target "$1"; return; fi
    if test -n "$empty" && in_exec "$1"; then sleep 0.01; else quiet=$((quiet + 1)); fi
    test $quiet -lt 2 || return # an exec in the middle of a look makes it see a part
  done
}
find_token() {
  read -r _ _ _ _ newest </proc/loadavg
  # Those without a line that lacks the token: all that hold it, where no variable has two lines, and the empty ones.
  files=$(look -LasvF)
  test $? -le 2 || return # it was killed
  for file in $files; do
    pid=\${file%/*} pid=\${pid#/proc/}
    test ! -e "/proc/$pid/exe" || examine "$pid"
  done
  files=$(look -lsF "$again")
  test $? -le 2 || return
  for file in $files; do
    pid=\${file%/*} pid=\${pid#/proc/}
    read -r stat <"/proc/$pid/stat" && add_target "$pid"
  done
  for _ in 1 2; do
    oldest=$newest
    read -r _ _ _ _ newest </proc/loadavg
    test "$newest" != "$oldest" || break
    test "$newest" -gt "$oldest" || return # ids begin anew
    pid=$newest # first: the others may be gone by now
    while test "$pid" -gt "$oldest"; do
      examine "$pid"
      pid=$((pid - 1))
    done
  done
  true
}
scan() { # sets targets, groups as far as may be, and members, their processes as far as they are known
  targets= members=
  test -n "$token" || return # every process would match
  test -n "$step" && kill -s 0 "$step" && members=" $step"
  if test -n "$group" && kill -s 0 -- "-$group"; then
    test -d /proc/self && LC_ALL=C grep -qsE "[)] [^ZX] [0-9]+ $group " /proc/[0-9]*/stat
    test $? = 1 && test -d /proc/self || targets="$targets -$group"
  fi
  if test -z "$alone" -a -d /proc/self; then
    for tries in 1 2 3; do find_token && break; done
  fi
  test -n "$targets" || targets=$members
  test -n "$targets"
}
tell_tree() { # TERM, once: to many programs a second one means to stop at once
  for target in $targets; do
    case "$told " in *" $target "*) continue ;; esac
    told="$told $target"
    kill -s TERM -- "$target"
    kill -s CONT -- "$target"
  done
}
kill_tree() {
  for target in $targets $members; do kill -s KILL -- "$target"; done
}
wait_gone() { # TIME [unless_ending]
  clock
  until=$((now + $1 + tick)) pause=0.01
  while scan; do
    clock
    test "$now" -lt "$until" || return
    test -z "$2" -o -z "$ending" || return
    sleep $pause
    pause=0.03
  done
}
end_tree() {
  told= targets=\${group:+-$group} # before a look, which needs processes: a fork bomb leaves none
  tell_tree
  scan || return
  tell_tree
  wait_gone "$grace" && return
  for _ in $twenty; do
    kill_tree
    sleep 0.01
    scan || return
  done
}
`;

/**
 * Gives the program its input and looks at its memory: `pipe` is a name for a pipe to be made, and the program's
 * standard input. It is in its folder until the engine has opened it, which it does when there is a file `pipe.ready`.
 *
 * The limit on resident memory is of the program's main process. It is looked at every 50 ms from when the program
 * has its input, where there is a /proc.
 */
const INPUT = `
wfe_make_pipe() { # its ends are 8 and 9. Opened for both first, because one end alone would wait for the other
  mkfifo -m 600 "$1" && exec 7<>"$1" 8<"$1" 9>"$1" 7<&- && : >"$1.ready"
}
wfe_check() { # what is no file: those are mostly the program itself, and in memory once for all that run it
  resident=0
  while read -r name size _; do
    case $name in RssAnon: | RssShmem:) resident=$((resident + size)) ;; esac
  done <"/proc/$step/status"
  test "$resident" -gt 0 || return
  test "$resident" -gt "$limit" || return 0
  echo "out of memory: the process holds $((resident / 1024)) MiB" >&6
  kill -s KILL "$step"
}
wfe_poll() {
  while sleep 0.05 && wfe_check; do :; done
}
wfe_watch() { # PIPE
  if test -n "$1"; then
    read -r _ || limit=
    exec 8<&- 9>&- # the end of the input
  fi
  test -d /proc/self || limit=
  if test -n "$limit" -a "\${BASH_VERSINFO:-0}" -gt 3; then
    while read -r -t 0.05 _ || test $? -gt 128; do wfe_check; done
  else
    if test -n "$limit"; then wfe_poll 3<&- & fi
    exec 6>&-
    while read -r _; do :; done
  fi
  kill -s CONT $$
  kill -s TERM $$
}
`;

/**
 * Runs one program and sees to its end: `token grace settle alone pipe limits resident_limit env_names argv…`,
 * the limits in KiB, those of `ulimit` like `d=1024 f=64`. Standard input is the control: a first line lets the program
 * begin, a second says that all of its input is in the pipe, end of file (the engine asks, or is dead) ends the tree.
 * Ends with the program's exit code. What the program leaves behind may finish within `settle` seconds. A tree that ends
 * before it got its input removes its folder.
 *
 * bash gives the program a process group by job control, sh by the program setsid; under sh it begins with SIGINT
 * and SIGQUIT ignored, as all background commands of a shell without job control do.
 *
 * Until the program has been launched only names beginning with `wfe_` are assigned: an assignment to any other
 * could change a variable of the same name that the program is to inherit.
 */
export const SUPERVISOR = `
wfe_launch() {
  trap - HUP INT QUIT USR1 USR2
  test -z "$5" || exec <&8
  exec >&5 2>&6 3<&- 4<&- 5>&- 6>&- 8<&- 9>&-
  for wfe_fd in /dev/fd/*; do # what the engine was started with; sh has no word for numbers above 9
    wfe_fd=\${wfe_fd##*/}
    case $wfe_fd in
      [0-2] | *[!0-9]*) ;;
      ? | \${BASH_VERSION:+*}) eval "exec $wfe_fd<&-" ;;
    esac
  done
  wfe_program=$9
  case "$9 $8 " in */*) ;; *" PATH "*) wfe_program=$(command -v -- "$9" || echo "$9") ;; esac
  wfe_index=0
  for wfe_name in $8; do
    eval "export $wfe_name=\\"\\$WFE_ENV_$wfe_index\\"" 2>/dev/null # UID and others are the shell's own
    unset "WFE_ENV_$wfe_index"
    wfe_index=$((wfe_index + 1))
  done
  export WFE_STEP_TOKEN="\${WFE_STEP_TOKEN:+$WFE_STEP_TOKEN:}$1"
  for wfe_limit in $6; do
    ulimit "-\${wfe_limit%=*}" "\${wfe_limit#*=}" || exit 126
    test "\${wfe_limit%=*}" != f || trap '' XFSZ # to write more is an error then, and no death
  done
  shift 9
  for wfe_name in $wfe_setsid "$wfe_program"; do
    command -v -- "$wfe_name" >/dev/null && continue
    echo "Cannot run '$wfe_name': it is not found in PATH, or not executable" >&2
    exit 127
  done
  exec $wfe_setsid "$wfe_program" "$@"
}
${INPUT}
read -r wfe_line || { test -z "$5" || rm -rf -- "\${5%/*}"; exit 143; }
exec 3<&0 5>&1 6>&2 </dev/null >/dev/null 2>&1
trap '' HUP INT QUIT USR1 USR2
wfe_setsid=
if test -n "$5" && ! wfe_make_pipe "$5"; then
  echo "Cannot run 'mkfifo', which makes the program's input" >&6
  exit 127
fi
if test -n "$BASH_VERSION"; then set -m; else wfe_setsid=setsid; fi
wfe_launch "$@" &
step=$! group=$! token=$1 grace=$2 settle=$3 alone=$4 limit=$7 ending= index=0
set +m
for _ in $8; do
  unset "WFE_ENV_$index"
  index=$((index + 1))
done
${TREE}
trap 'test -n "$ending" || { ending=1; end_tree; }' TERM
exec 5>&-
wfe_watch "$5" <&3 &
watcher=$!
exec 3<&- 6>&- 8<&- 9>&-
while :; do
  wait "$step"
  code=$?
  kill -s 0 "$step" || break
done
if test -z "$ending" && scan; then
  wait_gone "$settle" unless_ending || end_tree
fi
if test -n "$ending"; then # then wait may have been interrupted, and its status was not that of the program
  wait "$step"
  last=$?
  test $last = 127 || code=$last
fi
kill -s KILL "$watcher" # a TERM that a forked shell gets before it has reset its traps is lost
wait "$watcher"
test ! -p "$5" || rm -rf -- "\${5%/*}"
exit "$code"
`;

/**
 * Ends what is left of a tree: `token supervisor_pid grace patience`. A supervisor that still lives is
 * already at it, or is told to be, and has `patience`; what a dead one left is found by the token: its forks, which
 * are in its session, on their command line, then the tree. In this order, because one of them may be just about to
 * become the program.
 */
export const LEFTOVER = `
token=$1 supervisor=$2 grace=$3 patience=$4 step= group= ending= alone=
exec </dev/null >/dev/null 2>&1
supervisor_lives() {
  if test -d /proc/self; then
    grep -qsF -e "$token" "/proc/$supervisor/cmdline"
  else
    ps -ww -o args= -p "$supervisor" | grep -qF -e "$token"
  fi
}
kill_forks() { # and the supervisor; whether there were any
  killed=
  for file in $(LC_ALL=C exec grep -lsF -e "$token" /proc/[0-9]*/cmdline); do
    pid=\${file%/*} pid=\${pid#/proc/}
    read -r stat <"/proc/$pid/stat" || continue
    set -- \${stat##*) }
    test "$4" = "$supervisor" || continue
    kill -s KILL "$pid"
    killed=1
  done
  test -n "$killed" && kill -s KILL -- "-$supervisor"
}
${TREE}
if supervisor_lives; then
  kill -s CONT "$supervisor"
  kill -s TERM "$supervisor"
  clock
  until=$((now + patience + tick))
  while supervisor_lives && clock && test "$now" -lt "$until"; do sleep 0.02; done
fi
if test -d /proc/self; then
  for _ in $twenty; do
    kill_forks || break
    sleep 0.01
  done
else
  supervisor_lives && kill -s KILL "$supervisor"
fi
end_tree
exit 0
`;
