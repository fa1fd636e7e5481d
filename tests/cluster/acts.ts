import { sleep } from "../crash/kill_loop/wait.ts";
import type { Proxy } from "../../providers/testing_proxy.ts";
import { eventually } from "../processes.ts";
import type { Cluster } from "./cluster.ts";
import type { OwnServer } from "./own_server.ts";

/** Milliseconds within which hosts take up runs, or come back. */
const deadline = 120_000;

/** Something that is done to a cluster. */
export type Act = (cluster: Cluster) => Promise<void>;

/** One act after the other, so many in all, with pauses of about so many milliseconds before each. */
export function inTurn(count: number, pause: number, acts: readonly Act[]): Act {
  return async (cluster) => {
    for (let number = 0; number < count; number++) {
      await sleep(cluster.random.span(pause));
      await acts[number % acts.length]!(cluster);
    }
  };
}

/** `kill -9` of a host, mostly in the midst of work. */
export const kill: Act = (cluster) => {
  cluster.random.pick(cluster.hosts).kill();
  cluster.note("kills");
  return Promise.resolve();
};

/** `kill -STOP` of a host, and `kill -CONT` when its lease is over and others have its runs. */
export const stall: Act = async (cluster) => {
  const { hosts, random, leaseTtl } = cluster;
  const isDone = await random.pick(hosts).stall(async (pid) => {
    await sleep(leaseTtl * (1.2 + random.number()));
    await eventually(async () => !await cluster.hasRuns(pid), deadline, "others to have the runs of a host");
  });
  if (isDone) cluster.note("stalls");
};

/** What a network does to its host for a while. */
interface Trouble {
  readonly name: string;
  readonly broken: (network: Proxy) => void;
}

const troubles: readonly Trouble[] = [
  {
    name: "networks that let nobody in",
    broken(network) {
      network.mode = "refuse";
      network.cut();
    },
  },
  {
    name: "networks that lose everything",
    broken: (network) => network.mode = "freeze",
  },
  {
    name: "networks that lose what the server says",
    broken: (network) => network.mode = "deaf",
  },
  {
    name: "half-closed connections",
    broken: (network) => network.halfClose(),
  },
  {
    name: "slow networks",
    broken: (network) => network.delay = 150,
  },
  {
    name: "lost answers to a commit",
    broken(network) {
      network.onSending = (text) => {
        if (!/\bcommit\b|wfe_write/i.test(text)) return;
        network.onSending = () => {};
        network.mode = "deaf";
      };
    },
  },
];

/** The network of a host fails, in each way, for longer than its lease or less; other hosts have networks of their own. */
export const cutOffs: readonly Act[] = troubles.map(({ name, broken }) => async (cluster) => {
  const { networks, random, leaseTtl } = cluster;
  const network = random.pick(networks);
  broken(network);
  await sleep(leaseTtl * (0.2 + 1.5 * random.number()));
  mend(network);
  cluster.note(name);
});

/** Connections that have lost something are cut: whoever is behind them has to begin anew. */
function mend(network: Proxy): void {
  const hasLost = network.mode !== "pass";
  [network.mode, network.delay, network.onSending] = ["pass", 0, () => {}];
  if (hasLost) network.cut();
}

/** Waits until every host has begun a step since: whoever was cut off is back. */
export const rejoin: Act = async (cluster) => {
  const { hosts, lines } = cluster;
  await eventually(
    () => {
      const workers = cluster.workedSince(lines);
      return Promise.resolve(hosts.every(({ name }) => workers.has(name)));
    },
    deadline,
    "all hosts at work again",
  );
};

/** The server is stopped and started again. */
export function restart(server: OwnServer, how: "fast" | "immediate"): Act {
  return async (cluster) => {
    await server.restart(how);
    cluster.note(`${how} restarts of the server`);
  };
}

/** Several acts, one behind the other. */
export function both(...acts: readonly Act[]): Act {
  return async (cluster) => {
    for (const act of acts) await act(cluster);
  };
}
