import assert from "node:assert/strict";
import { shell } from "../processes.ts";
import { runFault, timedOut } from "./shell_fault.ts";

/** Processes that the bomb may have. */
const most = 64;

/**
 * Makes a cgroup that holds a step to so many processes, of version 2 or 1, and prints its path; says why where there
 * can be none.
 */
const makeCgroup = `
if grep -qsw pids /sys/fs/cgroup/cgroup.controllers; then parent=/sys/fs/cgroup
elif test -e /sys/fs/cgroup/pids/cgroup.procs; then parent=/sys/fs/cgroup/pids
else echo "there is no cgroup with pids.max"; exit 1; fi
cgroup=$(mktemp -d -p "$parent" wfe-test-XXXXXX 2>/dev/null) || { echo "no cgroup can be made"; exit 1; }
echo ${most} 2>/dev/null >"$cgroup/pids.max" && grep -qx ${most} "$cgroup/pids.max" && echo "$cgroup" && exit
rmdir "$cgroup"
echo "a new cgroup has no pids.max"
exit 1
`;

const { code, out } = await shell(makeCgroup);
const cgroup = out.trim();

Deno.test({
  name: code === 0
    ? "a fork bomb in a shell step ends with the step"
    : `a fork bomb in a shell step: skipped, because ${cgroup} here`,
  ignore: code !== 0,
  async fn() {
    try {
      // The bomb goes off only where the step is in the cgroup indeed.
      const { error } = await runFault(
        `echo $$ >${cgroup}/cgroup.procs
         grep -q '/${cgroup.split("/").at(-1)}$' /proc/self/cgroup
         echo on
         bomb() { bomb | bomb & }
         while :; do bomb 2>/dev/null || :; done`,
        { abortOn: "on" },
      );
      assert.equal(error, timedOut);
      // Not pids.current, which counts zombies, until the system's first process has collected them.
      const { out } = await shell('cat "$1/cgroup.procs"', cgroup);
      assert.equal(out, "");
    } finally {
      await shell('rmdir "$1"', cgroup);
    }
  },
});
