import { diskCases } from "./disk_cases.ts";
import { endlessCases } from "./endless_cases.ts";
import type { EscapeCase } from "./escape_case.ts";
import { exhaustionCases } from "./exhaustion_cases.ts";
import { forgeryCases } from "./forgery_cases.ts";
import { linkCases } from "./link_cases.ts";
import { netCases } from "./net_cases.ts";
import { processCases } from "./process_cases.ts";
import { readCases } from "./read_cases.ts";
import { Siege } from "./siege.ts";
import { writeCases } from "./write_cases.ts";

/** Makes a test of every case; each route is tried in every way, or in some. */
export function testEscapes(howMany: "every" | "some"): void {
  const share = (count: number) => howMany === "every" ? Infinity : count;
  testGroup(readCases(share(3)));
  testGroup(writeCases(share(2)));
  testGroup(linkCases(share(1)));
  testGroup(diskCases(share(1)));
  testGroup(netCases(share(4)));
  testGroup(processCases(share(2)));
  testGroup(forgeryCases(share(2)));
  testGroup(endlessCases(share(2)));
  testGroup(exhaustionCases());
}

/** Tests cases against one engine. The next one runs while one is waited for. */
function testGroup(cases: readonly EscapeCase[]): void {
  let siege: Promise<Siege> | undefined;
  const outcomes = new Map<EscapeCase, Promise<unknown>>();
  const start = (attempt: EscapeCase | undefined) => {
    if (attempt === undefined || outcomes.has(attempt)) return;
    siege ??= Siege.begin();
    outcomes.set(attempt, siege.then((it) => it.run(attempt)).then(() => undefined, (error) => error));
  };
  for (const [index, attempt] of cases.entries()) {
    Deno.test({
      name: `no script escapes by ${attempt.name}`,
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        start(attempt);
        start(cases[index + 1]);
        const error = await outcomes.get(attempt);
        if (error !== undefined) throw error;
      },
    });
  }
  Deno.test.afterAll(async () => {
    await Promise.all(outcomes.values());
    await (await siege)?.[Symbol.asyncDispose]();
  });
}
