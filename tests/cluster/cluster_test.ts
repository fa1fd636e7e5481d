/**
 * Many hosts on one PostgreSQL are one truth: real processes, which are killed, stopped and cut off while they work. What
 * is done to them is drawn from the seed; what they do meanwhile is the system's.
 */
import { ok } from "node:assert/strict";
import { testPostgres } from "../../providers/postgres/testing_postgres.ts";
import { type Act, both, cutOffs, inTurn, kill, rejoin, restart, stall } from "./acts.ts";
import { line } from "../crash/workload/lines.ts";
import { each, loop } from "../crash/workload/loops.ts";
import { runCluster } from "./cluster.ts";
import { holds } from "./holds.ts";
import { testOwnServer } from "./own_server.ts";

testPostgres("hosts that are killed again and again lose nothing and do nothing twice", async () => {
  const disturb = inTurn(25, 300, [kill]);
  const { repeated } = await holds({ seed: "kills", hosts: 4, workflows: 600, disturb });
  ok(repeated > 0, "nobody was killed in the middle of its work");
});

testPostgres("a host that was stopped past its lease has its late results refused", async () => {
  const disturb = inTurn(8, 100, [stall]);
  const { late } = await holds({ seed: "stalls", hosts: 3, workflows: 200, work: 100, disturb });
  ok(late > 0, "nobody came back with a result");
});

testPostgres("hosts that are cut off from the server are replaced, and come back", async () => {
  const disturb = both(inTurn(12, 100, cutOffs), rejoin);
  await holds({ seed: "networks", hosts: 3, workflows: 200, networks: true, disturb });
});

testOwnServer("a server that restarts, or crashes, takes nothing with it", async (server) => {
  const disturb = both(
    inTurn(4, 500, [restart(server, "fast"), restart(server, "immediate")]),
    rejoin,
  );
  await holds({ seed: "restarts", hosts: 3, workflows: 200, port: server.port, disturb });
});

testPostgres(
  "machines whose clocks are ten minutes off keep leases and timers, by the server's clock",
  async () => {
    const clockErrors = [600_000, -600_000, 0];
    await holds({ seed: "clocks", hosts: 3, workflows: 120, leaseTtl: 60_000, clockErrors });
  },
);

/** Defects that the cluster has to find: what does, and what is done to the hosts. */
const controls: Readonly<Record<string, readonly [caughtBy: string, disturb: Act]>> = {
  // Whoever goes on after a stall writes what others have written meanwhile.
  "no epoch check": ["one writer an epoch", inTurn(4, 100, [stall])],
  "acknowledgement before the commit": ["acknowledged starts", inTurn(6, 100, [kill])],
};
const attempts = 10;

for (const [defect, [caughtBy, disturb]] of Object.entries(controls)) {
  testPostgres(`negative control of the cluster: ${defect} is found by ${caughtBy}`, async () => {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { violations } = await runCluster({
        seed: `control${attempt}`,
        hosts: 3,
        workflows: 40,
        scenarios: [line, each, loop],
        work: 30,
        patience: 1_000,
        defect,
        disturb,
      });
      const found = violations.filter(({ checker }) => checker === caughtBy).length;
      console.log(`control "${defect}" of the cluster: ${found} times "${caughtBy}" in attempt ${attempt}`);
      if (found > 0) return;
    }
    ok(false, `"${caughtBy}" has not found it in ${attempts} attempts`);
  });
}
