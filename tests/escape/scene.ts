import { DatabaseSync } from "node:sqlite";
import type { Scene } from "./escape_case.ts";

/** A scene, and what tells that a script has escaped. */
export interface Stage extends AsyncDisposable {
  /** What there is to reach. */
  readonly scene: Scene;
  /** What stands only in what no step is granted; no script may know it. */
  readonly secret: string;
  /** Whatever has reached the server that no step is granted. */
  readonly visits: readonly string[];
  /** Names, sizes and times of what no step may write. */
  keptFiles(): string;
}

/** Makes the files and servers. */
export async function makeStage(): Promise<Stage> {
  const secret = `secret-${crypto.randomUUID()}`;
  const base = await Deno.realPath(await Deno.makeTempDir());
  const [granted, kept] = [`${base}/granted`, `${base}/kept`];
  for (const folder of [granted, kept]) await Deno.mkdir(folder);
  await Deno.writeTextFile(`${granted}/note.txt`, "a note");
  await Deno.writeTextFile(`${kept}/secret.json`, JSON.stringify(secret));
  using database = new DatabaseSync(`${kept}/engine.db`);
  database.exec("create table runs (data text)");
  database.prepare("insert into runs values (?)").run(secret);

  const visits: string[] = [];
  const address = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const closed = Deno.serve(address, ({ method, url }) => {
    visits.push(`${method} ${url}`);
    return new Response(`export default ${JSON.stringify(secret)};`, {
      headers: { "content-type": "text/javascript" },
    });
  });
  const open = Deno.serve(address, ({ url }) => {
    const { pathname, search } = new URL(url);
    return new Response(null, {
      status: Number(pathname.slice(1)) || 404,
      headers: { location: search.slice(1) },
    });
  });
  return {
    scene: { granted, kept, openPort: open.addr.port, closedPort: closed.addr.port },
    secret,
    visits,
    keptFiles: () =>
      Array.from(Deno.readDirSync(kept), ({ name }) => {
        const { size, mode, mtime } = Deno.lstatSync(`${kept}/${name}`);
        return `${name} ${size} ${mode} ${mtime?.getTime()}`;
      }).sort().join("\n"),
    async [Symbol.asyncDispose]() {
      await Promise.all([open.shutdown(), closed.shutdown()]);
      await Deno.remove(base, { recursive: true });
    },
  };
}
