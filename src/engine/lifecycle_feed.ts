import type { LifecyclePublisher } from "../provider/lifecycle.ts";
import type { Persistence } from "../provider/persistence.ts";
import type { SinkFeed } from "./sink_pump.ts";
import { telemetry } from "./telemetry.ts";

/** Events handed over at once. */
const batch = 100;

/** Hands the lifecycle events kept for a sink over to its publisher. */
export class LifecycleFeed implements SinkFeed {
  /** Name of the sink. */
  readonly name: string;
  /** It is given each event. */
  readonly kind = "events";
  /** Each goes out at once. */
  readonly linger = 0;
  readonly #persistence: Persistence;
  readonly #publisher: LifecyclePublisher;

  constructor(persistence: Persistence, publisher: LifecyclePublisher) {
    this.#persistence = persistence;
    this.#publisher = publisher;
    this.name = publisher.name;
  }

  /** Hands over the oldest. */
  async handOver(mayGoOn: () => Promise<boolean>): Promise<boolean> {
    const entries = await this.#persistence.readOutbox(this.name, batch);
    const last = entries.at(-1);
    if (!last || !await mayGoOn()) return false;
    const publish = (): Promise<void> => this.#publisher.publish(entries.map(({ event }) => event));
    await (telemetry ? telemetry.within(null, publish) : publish());
    await this.#persistence.clearOutbox(this.name, last.seq);
    return true;
  }
}
