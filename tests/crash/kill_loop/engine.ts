/**
 * One engine process: a host over the database in a folder, or on a server, with the whole workload, which says on
 * standard output when it is up, answers the questions on its standard input, and stops when that ends: as a host should
 * where it is told to, at once, taking the folder with it, where whoever asks has died.
 *
 * @module
 */
import { WorkflowHostBuilder } from "../../../src/engine/host_builder.ts";
import type { LifecycleEvent } from "../../../src/instance/lifecycle_event.ts";
import { defects } from "../controls/all.ts";
import type { Effect } from "../evidence/effect.ts";
import { SeededRandom } from "../seeded_random.ts";
import { poison, scenarios } from "../workload/all.ts";
import { Bodies } from "../workload/bodies.ts";
import type { DrivenHost } from "../workload/driver.ts";
import { AppendLog } from "./append_log.ts";
import {
  type Answer,
  type EngineSettings,
  type Farewell,
  files,
  messagesIn,
  pace,
  type Question,
} from "./messages.ts";
import { openStore } from "./open_store.ts";
import { withServices } from "./services.ts";
import { setClockWrong } from "./wrong_clock.ts";

const settings: EngineSettings = JSON.parse(Deno.args[0]!);
const { name, folder } = settings;
const encoder = new TextEncoder();

function say(answer: Answer): void {
  try {
    Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(answer)}\n`));
  } catch {
    // Nobody listens any more, which the end of the questions tells as well.
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

const published = new AppendLog<LifecycleEvent>(`${folder}/${files.published}`);
const bodies = new Bodies({
  process: name,
  effects: new AppendLog<Effect>(`${folder}/${files.effects}`),
  random: new SeededRandom(name),
  pace: { ...pace, work: settings.work },
  history: settings.history,
  pause,
  die() {
    Deno.kill(Deno.pid, "SIGKILL");
    return new Promise(() => {});
  },
});

if (settings.clockError !== 0) setClockWrong(settings.clockError);
const provider = await openStore(settings);
const defect = settings.defect === null ? null : defects[settings.defect]!();
const store = defect ? defect(provider, { isDead: false }, { sleep }) : provider;
const builder = new WorkflowHostBuilder().usePersistence(store).leaseTtl(settings.leaseTtl)
  .useLifecycle({
    name: "witness",
    publish: (events) => Promise.resolve(published.append(...events)),
  });
const services = new AsyncDisposableStack();
const host = (await withServices(builder, settings, services)).build();
for (const scenario of [...scenarios, poison]) host.registerWorkflow(scenario.build(bodies));
await host.start();
say({ up: true });

/** Says no more than was asked for: a handle is more than its id. */
async function answer({ id, verb, args }: Question): Promise<void> {
  try {
    const asked: DrivenHost = host;
    const ask = asked[verb] as (...args: unknown[]) => Promise<unknown>;
    const value = await ask.apply(asked, [...args]);
    say({ id, value: verb === "startWorkflow" ? { id: (value as { id: string }).id } : value ?? null });
  } catch (error) {
    say({ id, code: (error as { code?: unknown }).code ?? null, error: String(error) });
  }
}

let isOrphan = true;
for await (const line of messagesIn<Question | Farewell>(Deno.stdin.readable)) {
  if ("farewell" in line) isOrphan = false;
  else void answer(line);
}
if (isOrphan) {
  // Nobody else is left to take the folder away.
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  Deno.exit(1);
}
await host.stop();
await services.disposeAsync();
await provider[Symbol.asyncDispose]();
