import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { shell } from "../processes.ts";

/** Says why names cannot be made to lead anywhere here, or that the system cannot be told to ask for IPv4 only. */
const makeRoom = `
unshare -rmn sh -c 'ip link set lo up && ip addr add fd00::9/128 dev lo && mount --bind "$0" "$0"' "$1" 2>/dev/null ||
  { echo "no network of its own can be made"; exit 1; }
getconf GNU_LIBC_VERSION 2>/dev/null | awk '{ exit !($2 >= 2.36) }' ||
  { echo "the C library is not that of GNU from 2.36"; exit 1; }
`;

/** Runs a program in a network of its own, whose names a server in it tells. */
const inOwnNetwork = `
unshare -rmn sh -c '
  ip link set lo up && ip addr add fd00::9/128 dev lo && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"
' "$@"
`;

const folder = await Deno.makeTempDir();
const { code, out } = await shell(makeRoom, folder);

Deno.test({
  name: code === 0
    ? "a name that is granted leads a script to no private address, by no address of IPv6 either"
    : `where names lead a script: skipped, because ${out.trim()}`,
  ignore: code !== 0,
  async fn() {
    await Deno.writeTextFile(`${folder}/resolv.conf`, "nameserver 127.0.0.1\n");
    const module = fileURLToPath(new URL("private_names_main.ts", import.meta.url));
    const flags = [
      "--no-prompt",
      "--quiet",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-run=bash,sh",
    ];
    const ended = await shell(inOwnNetwork, folder, Deno.execPath(), "run", ...flags, module);
    const { "mapped.test": mapped, "local.test": local } = JSON.parse(ended.out);
    assert.match(mapped, /^1 TypeError: fetch failed .*dns error/);
    assert.match(local, /^2 TypeError: fetch failed .*dns error/);
  },
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
