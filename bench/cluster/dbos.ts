import { shell } from "../../tests/processes.ts";

const version = "5.3.0";
/** Connections, as measured the quickest of 10, 20 and 32: its default. */
const connections = 10;

/** Puts the other engine into a folder of its own, once; returns null where there is no Node or npm, and says so. */
export async function installDbos(folder: string): Promise<string | null> {
  const home = `${await Deno.realPath(folder)}/dbos-${version}`;
  const { code } = await shell(
    `set -e; mkdir -p "$1"; cd "$1"; test -d node_modules ||
      npm install --no-audit --no-fund --no-save --silent "@dbos-inc/dbos-sdk@$2"; cp "$3" dbos.mjs`,
    home,
    version,
    new URL("dbos.mjs", import.meta.url).pathname,
  );
  if (code === 0) return home;
  console.log("skipped: the comparison with DBOS, for it needs node and npm");
  return null;
}

/** Steps a second of workflows of ten steps, so many at the same time. */
export async function measureDbos(
  home: string,
  server: string,
  inFlight: number,
  total: number,
): Promise<number> {
  const { code, out } = await shell(
    'cd "$1"; NODE_NO_WARNINGS=1 node dbos.mjs "$2" "$3" "$4" "$5"',
    home,
    server.replace(/\/\w+$/, "/dbos_bench"),
    String(inFlight),
    String(total),
    String(connections),
  );
  if (code !== 0) throw new Error(`DBOS ended with code ${code}`);
  return Number(out.trim().split("\n").at(-1));
}
